# dm-integrity has a uuid that begins with CRYPT- and encrypts nothing.
needs dm-integrity
on_disk plain
expect disk.mounts-encrypted $at failed
expect disk.data-encrypted $at failed

setup() {
    integritysetup format --batch-mode --no-wipe $d1 && integritysetup open $d1 $name --integrity-recalculate &&
        mkfs.ext4 -q -E nodiscard /dev/mapper/$name 32M && attach /dev/mapper/$name $at
}
