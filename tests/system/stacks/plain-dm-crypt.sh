# dm-crypt without a header and without a line in crypttab: nothing shows its cipher.
layers crypt disk
on_disk hidden
expect disk.mounts-encrypted $at 'passed|unknown'
expect disk.cipher-strong /dev/mapper/$name unknown

setup() {
    passphrase | cryptsetup open --type plain --cipher aes-xts-plain64 --key-size 512 --hash sha256 $d1 $name &&
        files /dev/mapper/$name
}
