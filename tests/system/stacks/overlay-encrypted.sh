# Upper and work directory on an encrypted disk.
needs overlay
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.data-encrypted $at passed

setup() {
    luks $d1 $name && files /dev/mapper/$name $at-below && mkdir $at-below/{lower,upper,work} &&
        attach -t overlay -o lowerdir=$at-below/lower,upperdir=$at-below/upper,workdir=$at-below/work overlay $at
}
