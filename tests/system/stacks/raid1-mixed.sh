# A mirror of an encrypted and a plain disk.
needs raid1
layers raid1 crypt disk disk
on_disk plain
expect disk.mounts-encrypted $at failed
expect disk.data-encrypted $at failed

setup() { luks $d1 $name-left && mirror /dev/mapper/$name-left $d2 && files $mirror; }
