# A second disk whose key file lies on the first, which is encrypted.
layers crypt disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.keys-protected vault passed
expect disk.keys-protected second passed

setup() {
    luks $d2 vault && files /dev/mapper/vault $at-keys && (umask 077; passphrase >$at-keys/second) &&
        crypttab "vault $d2 none luks" "second $d1 $at-keys/second luks" && luks $d1 second && files /dev/mapper/second
}
