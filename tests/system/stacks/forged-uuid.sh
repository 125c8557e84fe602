# A linear mapping whose uuid says LUKS2: whoever may make mappings may name them as he likes.
layers crypt disk
on_disk plain
expect disk.mounts-encrypted $at 'failed|unknown'
expect disk.data-encrypted $at 'failed|unknown'

setup() {
    dmsetup create $name --uuid CRYPT-LUKS2-0123456789abcdef0123456789abcdef-$name --table "0 $(blockdev --getsz $d1) linear $d1 0" && files /dev/mapper/$name
}
