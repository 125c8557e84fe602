# A plain file system mounted over an encrypted one, at the same place: the last one counts.
layers disk
on_disk plain
expect disk.data-encrypted $at failed

setup() { luks $d1 $name && files /dev/mapper/$name && files $d2; }
