# The pool's data is encrypted, its metadata is not, and it was made larger on a plain disk.
needs dm-thin-pool
on_disk plain
word_size=20M
expect disk.mounts-encrypted $at failed

setup() {
    luks $d1 vault && group data /dev/mapper/vault $d2 && volume data pool --type thin-pool -L 16M && lvextend -q -L +32M data/pool $d2 >/dev/null &&
        volume data files -V 40M --thinpool pool && files /dev/data/files
}
