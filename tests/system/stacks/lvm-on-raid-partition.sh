# A partition of a mirror, LVM, LUKS: the deep one.
needs raid1
layers crypt lvm part raid1 disk disk
on_disk hidden
expect disk.mounts-encrypted $at passed

setup() { mirror $d1 $d2 && echo ,,L | sfdisk -q -X gpt /dev/md0 && settle && group data /dev/md0p1 && volume data box -L 64M && luks /dev/data/box vault && files /dev/mapper/vault; }
