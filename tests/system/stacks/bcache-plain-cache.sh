# An encrypted disk with a plain disk for its cache: LUKS is below the cache.
needs bcache
on_disk plain
expect disk.mounts-encrypted $at failed

setup() { luks $d1 vault && cached /dev/mapper/vault $d2 && files /dev/bcache0; }
