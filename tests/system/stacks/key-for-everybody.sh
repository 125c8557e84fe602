# A key file on an encrypted disk that every user may read.
layers crypt disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.keys-protected $name-2 failed

setup() {
    luks $d2 $name-1 && files /dev/mapper/$name-1 $at-keys && passphrase >$at-keys/second && chmod 644 $at-keys/second &&
        crypttab "$name-2 $d1 $at-keys/second luks" && luks $d1 $name-2 && files /dev/mapper/$name-2
}
