# One btrfs over an encrypted and a plain disk.
needs btrfs
on_disk plain
expect disk.mounts-encrypted $at failed
expect disk.data-encrypted $at failed

setup() { luks $d1 $name-left && mkfs.btrfs -q -K -d raid0 -m raid1 /dev/mapper/$name-left $d2 && btrfs device scan >/dev/null && attach /dev/mapper/$name-left $at; }
