# LVM's own RAID 1: sub-volumes of sub-volumes, one leg of them plain.
needs dm-raid
layers lvm lvm crypt disk lvm crypt disk lvm disk lvm disk
on_disk plain
expect disk.mounts-encrypted $at failed

setup() { luks $d1 $name && group $name /dev/mapper/$name $d2 && volume $name files --type raid1 -m 1 --nosync -L 32M && files /dev/$name/files; }
