# The pool's data is encrypted, its metadata is not, and it was made larger on a plain disk.
needs dm-thin-pool
on_disk plain
word_size=10M
expect disk.mounts-encrypted $at failed

setup() {
    luks $d1 $name && group $name /dev/mapper/$name $d2 && volume $name pool --type thin-pool -L 8M && lvextend -q "${among[@]}" -L +8M $name/pool $d2 >/dev/null &&
        volume $name files -V 14M --thinpool pool && files /dev/$name/files
}
