# An encrypted logical volume with a fast cache on a plain disk: what is written goes to the cache first.
needs dm-cache dm-cache-smq
on_disk plain
expect disk.mounts-encrypted $at failed

setup() {
    luks $d1 $name && group $name /dev/mapper/$name $d2 && volume $name files -L 48M /dev/mapper/$name && volume $name fast -L 24M $d2 &&
        lvconvert -qy "${among[@]}" --type cache --cachevol fast --cachemode writeback $name/files >/dev/null && files /dev/$name/files
}
