# A snapshot whose copies of what is overwritten lie on a plain disk: seen from the origin, they are not below it.
needs dm-snapshot
on_disk plain
expect disk.mounts-encrypted $at 'failed|unknown'
expect disk.mounts-encrypted $at-snapshot failed

setup() {
    luks $d1 $name && group $name /dev/mapper/$name $d2 && volume $name files -L 32M /dev/mapper/$name && files /dev/$name/files && write_word &&
        lvcreate -qy "${among[@]}" -s -n before -L 24M $name/files $d2 >/dev/null &&
        attach -o ro,noload /dev/$name/before $at-snapshot
}
