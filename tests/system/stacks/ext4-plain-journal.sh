# ext4 on an encrypted disk whose journal, with all data in it, is on a plain one.
on_disk plain
expect disk.mounts-encrypted $at 'failed|unknown'

setup() {
    luks $d1 $name && mkfs.ext4 -q -b 4096 -O journal_dev $d2 32M && mkfs.ext4 -q -b 4096 -J device=$d2 -E nodiscard /dev/mapper/$name &&
        attach -o data=journal /dev/mapper/$name $at
}
