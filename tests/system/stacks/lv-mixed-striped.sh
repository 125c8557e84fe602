# Every second stripe on a plain disk.
layers lvm crypt disk disk
on_disk plain
expect disk.mounts-encrypted $at failed
expect disk.data-encrypted $at failed

setup() { luks $d1 vault && group data /dev/mapper/vault $d2 && volume data files --stripes 2 --stripesize 4k -l 8 && files /dev/data/files; }
