# Two encrypted disks, mirrored.
needs raid1
layers raid1 crypt disk crypt disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.data-encrypted $at passed
expect disk.cipher-strong /dev/mapper/$name-left passed
expect disk.cipher-strong /dev/mapper/$name-right passed

setup() { luks $d1 $name-left && luks $d2 $name-right && mirror /dev/mapper/$name-left /dev/mapper/$name-right && files $mirror; }
