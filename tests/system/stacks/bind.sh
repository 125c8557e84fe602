# A directory of an encrypted disk, and one of a plain disk mounted into it.
on_disk hidden
expect disk.mounts-encrypted $at-vault passed
expect disk.mounts-encrypted $at-plain failed
expect disk.data-encrypted $at passed
expect disk.data-encrypted $at-vault failed

data=($at $at-vault)
setup() {
    luks $d1 $name && files /dev/mapper/$name $at-vault && files $d2 $at-plain && mkdir $at-vault/{here,there} $at-plain/inner &&
        attach --bind $at-vault/here $at && attach --bind $at-plain/inner $at-vault/there
}
