# A logical volume that begins on an encrypted disk and ends on a plain one.
layers lvm crypt disk disk
on_disk plain
word_size=5M
expect disk.mounts-encrypted $at failed
expect disk.data-encrypted $at failed

setup() {
    luks $d1 $name && group $name /dev/mapper/$name $d2 && volume $name files -l 1 /dev/mapper/$name && lvextend -q "${among[@]}" -l +1 $name/files $d2 >/dev/null && files /dev/$name/files
}
