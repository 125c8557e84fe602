# LUKS2 on a partition.
layers crypt part disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.data-encrypted $at passed
expect disk.cipher-strong /dev/mapper/$name passed
expect disk.mounts-encrypted / failed

setup() { part $d1 && luks ${d1}1 $name && files /dev/mapper/$name; }
