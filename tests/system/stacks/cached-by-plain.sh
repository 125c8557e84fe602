# An encrypted logical volume with a fast cache on a plain disk: what is written goes to the cache first.
needs dm-cache dm-cache-smq
on_disk plain
expect disk.mounts-encrypted $at failed

setup() {
    luks $d1 vault && group data /dev/mapper/vault $d2 && volume data files -L 48M /dev/mapper/vault && volume data fast -L 24M $d2 &&
        lvconvert -qy --type cache --cachevol fast --cachemode writeback data/files >/dev/null && files /dev/data/files
}
