# LUKS2 in form, encrypting nothing.
needs crypto_null
layers crypt part disk
on_disk plain
expect disk.mounts-encrypted $at failed
expect disk.data-encrypted $at failed
expect disk.cipher-strong /dev/mapper/$name failed

# cryptsetup only goes there by way of a real cipher; the partition is as small as that is slow.
setup() {
    echo ',24M,L' | sfdisk -q -X gpt $d1 && passphrase | cryptsetup luksFormat "${cheap[@]}" "${small[@]}" ${d1}1 - &&
        passphrase | cryptsetup reencrypt --batch-mode --resilience none --key-file - --cipher cipher_null-ecb --pbkdf pbkdf2 --pbkdf-force-iterations 1000 ${d1}1 &&
        unlock ${d1}1 $name && files /dev/mapper/$name
}
