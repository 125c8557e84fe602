# A mirror, encrypted as a whole.
needs raid1
layers crypt raid1 disk disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.data-encrypted $at passed
expect disk.cipher-strong /dev/mapper/$name passed

setup() { mirror $d1 $d2 && luks $mirror $name && files /dev/mapper/$name; }
