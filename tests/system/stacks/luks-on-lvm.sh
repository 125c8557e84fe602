# One encrypted logical volume beside a plain one in the same group.
layers crypt lvm disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.mounts-encrypted $at-plain failed
expect disk.data-encrypted $at passed

setup() {
    group $name $d1 && volume $name box -L 64M && volume $name open -L 32M && luks /dev/$name/box $name && files /dev/mapper/$name && files /dev/$name/open $at-plain
}
