# dm-verity has a uuid that begins with CRYPT- and encrypts nothing.
needs dm-verity
on_disk plain
expect disk.mounts-encrypted $at 'failed|not_applicable'
expect disk.data-encrypted $at failed

setup() {
    mkfs.ext4 -q -b 4096 -E nodiscard $d1 16M && mkdir -p $at && mount $d1 $at && write_word && umount $at &&
        hash=$(veritysetup format $d1 $d2 --data-blocks 4096 | awk '/Root hash/ { print $3 }') &&
        veritysetup open $d1 $name $d2 "$hash" && attach -o ro /dev/mapper/$name $at || return
    # It is written already, and now it is read only.
    write_word() { true; }
}
