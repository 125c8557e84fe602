# LUKS2 whose key file lies on the plain root.
layers crypt disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.keys-protected $name failed

setup() {
    install -d -m 700 /etc/keys && (umask 077; passphrase >/etc/keys/vault) &&
        crypttab "$name $d1 /etc/keys/vault luks" && luks $d1 $name && files /dev/mapper/$name
}
