# Two paths to one disk, LUKS above them.
needs dm-multipath dm-round-robin
layers crypt mpath disk
on_disk hidden
expect disk.mounts-encrypted $at passed

setup() {
    dmsetup create $name-path --uuid mpath-0QEMU_path --table "0 $(blockdev --getsz $d1) multipath 0 0 1 1 round-robin 0 1 1 $d1 1000" &&
        luks /dev/mapper/$name-path $name && files /dev/mapper/$name
}
