# LUKS2 in form, encrypting nothing.
needs crypto_null
layers crypt disk
on_disk plain
expect disk.mounts-encrypted $at failed
expect disk.data-encrypted $at failed
expect disk.cipher-strong /dev/mapper/$name failed

setup() {
    passphrase | cryptsetup luksFormat "${cheap[@]}" $d1 - &&
        passphrase | cryptsetup reencrypt --batch-mode --key-file - --cipher cipher_null-ecb --pbkdf pbkdf2 --pbkdf-force-iterations 1000 $d1 &&
        unlock $d1 $name && files /dev/mapper/$name
}
