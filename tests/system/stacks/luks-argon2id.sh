# cryptsetup's own choice of key derivation, a second key slot and a token.
layers crypt disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.cipher-strong /dev/mapper/$name passed

setup() {
    luks $d1 $name --pbkdf argon2id --pbkdf-force-iterations 4 --pbkdf-memory 64 --pbkdf-parallel 1 &&
        printf %s another >/run/another && passphrase | cryptsetup luksAddKey "${cheap[@]}" --key-file - $d1 /run/another &&
        echo '{"type":"test-token","keyslots":["1"]}' | cryptsetup token import $d1 && files /dev/mapper/$name
}
