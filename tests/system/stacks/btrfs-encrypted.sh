# One btrfs over two encrypted disks; mountinfo shows an anonymous device number.
needs btrfs
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.data-encrypted $at passed

setup() { luks $d1 $name-left && luks $d2 $name-right && mkfs.btrfs -q -K -d raid0 -m raid1 /dev/mapper/$name-left /dev/mapper/$name-right && btrfs device scan >/dev/null && attach /dev/mapper/$name-left $at; }
