# A partition of a mirror, LVM, LUKS: the deep one.
needs raid1
layers crypt lvm part raid1 disk disk
on_disk hidden
expect disk.mounts-encrypted $at passed

setup() { mirror $d1 $d2 && echo ,,L | sfdisk -q -X gpt $mirror && group $name ${mirror}p1 && volume $name box -L 64M && luks /dev/$name/box $name && files /dev/mapper/$name; }
