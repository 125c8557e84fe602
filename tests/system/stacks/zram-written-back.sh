# Compressed memory that writes idle pages to a plain disk.
needs zram
expect disk.swap-encrypted /dev/zram0 failed

setup() {
    undo eval 'echo 1 >/sys/block/zram0/reset' && echo $d1 >/sys/block/zram0/backing_dev && echo 32M >/sys/block/zram0/disksize && swap /dev/zram0
}
