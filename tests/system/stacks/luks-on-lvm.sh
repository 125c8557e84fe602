# One encrypted logical volume beside a plain one in the same group.
layers crypt lvm disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.mounts-encrypted $at-plain failed
expect disk.data-encrypted $at passed

setup() {
    group data $d1 && volume data box -L 64M && volume data open -L 32M && luks /dev/data/box vault && files /dev/mapper/vault && files /dev/data/open $at-plain
}
