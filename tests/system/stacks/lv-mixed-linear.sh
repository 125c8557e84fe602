# A logical volume that begins on an encrypted disk and ends on a plain one.
layers lvm crypt disk disk
on_disk plain
word_size=20M
expect disk.mounts-encrypted $at failed
expect disk.data-encrypted $at failed

setup() {
    luks $d1 $name && group $name /dev/mapper/$name $d2 && volume $name files -l 4 /dev/mapper/$name && lvextend -q -l +4 $name/files $d2 >/dev/null && files /dev/$name/files
}
