# An encrypted disk with a plain disk for its cache: LUKS is below the cache.
needs bcache
on_disk plain
expect disk.mounts-encrypted $at failed

setup() { luks $d1 $name && cached /dev/mapper/$name $d2 && files $bcache; }
