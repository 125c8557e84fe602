# A snapshot whose copies of what is overwritten lie on a plain disk: seen from the origin, they are not below it.
needs dm-snapshot
on_disk plain
expect disk.mounts-encrypted $at 'failed|unknown'
expect disk.mounts-encrypted $at-snapshot failed

setup() {
    luks $d1 vault && group data /dev/mapper/vault $d2 && volume data files -L 32M /dev/mapper/vault && files /dev/data/files && write_word &&
        lvcreate -qy -s -n before -L 24M data/files $d2 >/dev/null && undo lvremove -qy data/before && settle &&
        attach -o ro,noload /dev/data/before $at-snapshot
}
