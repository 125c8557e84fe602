# One btrfs over an encrypted and a plain disk.
needs btrfs
on_disk plain
expect disk.mounts-encrypted $at failed
expect disk.data-encrypted $at failed

setup() { luks $d1 left && mkfs.btrfs -q -K -d raid0 -m raid1 /dev/mapper/left $d2 && attach /dev/mapper/left $at; }
