# Two encrypted disks, mirrored.
needs raid1
layers raid1 crypt disk crypt disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.data-encrypted $at passed
expect disk.cipher-strong /dev/mapper/left passed
expect disk.cipher-strong /dev/mapper/right passed

setup() { luks $d1 left && luks $d2 right && mirror /dev/mapper/left /dev/mapper/right && files /dev/md0; }
