# A second disk whose key file lies on the first, which is encrypted.
layers crypt disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.keys-protected $name-1 passed
expect disk.keys-protected $name-2 passed

setup() {
    luks $d2 $name-1 && files /dev/mapper/$name-1 $at-keys && (umask 077; passphrase >$at-keys/second) &&
        crypttab "$name-1 $d2 none luks" "$name-2 $d1 $at-keys/second luks" && luks $d1 $name-2 && files /dev/mapper/$name-2
}
