# A mirror, encrypted as a whole.
needs raid1
layers crypt raid1 disk disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.data-encrypted $at passed
expect disk.cipher-strong /dev/mapper/vault passed

setup() { mirror $d1 $d2 && luks /dev/md0 vault && files /dev/mapper/vault; }
