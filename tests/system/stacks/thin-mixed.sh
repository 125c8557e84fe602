# The pool's data is encrypted, its metadata is not, and it was made larger on a plain disk.
needs dm-thin-pool
on_disk plain
word_size=20M
expect disk.mounts-encrypted $at failed

setup() {
    luks $d1 $name && group $name /dev/mapper/$name $d2 && volume $name pool --type thin-pool -L 16M && lvextend -q -L +32M $name/pool $d2 >/dev/null &&
        volume $name files -V 40M --thinpool pool && files /dev/$name/files
}
