# A logical volume that begins on an encrypted disk and ends on a plain one.
layers lvm crypt disk disk
on_disk plain
word_size=20M
expect disk.mounts-encrypted $at failed
expect disk.data-encrypted $at failed

setup() {
    luks $d1 vault && group data /dev/mapper/vault $d2 && volume data files -l 4 /dev/mapper/vault && lvextend -q -l +4 data/files $d2 >/dev/null && files /dev/data/files
}
