# A key file on an encrypted disk that every user may read.
layers crypt disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.keys-protected second failed

setup() {
    luks $d2 vault && files /dev/mapper/vault $at-keys && passphrase >$at-keys/second && chmod 644 $at-keys/second &&
        crypttab "second $d1 $at-keys/second luks" && luks $d1 second && files /dev/mapper/second
}
