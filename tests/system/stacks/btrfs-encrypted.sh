# One btrfs over two encrypted disks; mountinfo shows an anonymous device number.
needs btrfs
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.data-encrypted $at passed

setup() { luks $d1 left && luks $d2 right && mkfs.btrfs -q -K -d raid0 -m raid1 /dev/mapper/left /dev/mapper/right && attach /dev/mapper/left $at; }
