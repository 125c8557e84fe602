# The header lies elsewhere, and nothing on the host says where: encrypted it is, but a null cipher cannot be ruled out.
layers crypt disk
on_disk hidden
expect disk.mounts-encrypted $at 'passed|unknown'
expect disk.cipher-strong /dev/mapper/$name unknown

setup() {
    truncate -s 16M /run/header &&
        passphrase | cryptsetup luksFormat "${cheap[@]}" --header /run/header $d1 - &&
        unlock $d1 $name --header /run/header && files /dev/mapper/$name
}
