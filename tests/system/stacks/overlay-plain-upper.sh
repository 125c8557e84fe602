# The image is on an encrypted disk; what is written goes to a plain one.
needs overlay
on_disk plain
expect disk.mounts-encrypted $at failed
expect disk.mounts-encrypted $at-lower passed
expect disk.data-encrypted $at failed

setup() {
    luks $d1 $name && files /dev/mapper/$name $at-lower && files $d2 $at-upper && mkdir $at-upper/{upper,work} &&
        attach -t overlay -o lowerdir=$at-lower,upperdir=$at-upper/upper,workdir=$at-upper/work overlay $at
}
