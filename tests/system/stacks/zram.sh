# Swap in compressed memory.
needs zram
expect disk.swap-encrypted /dev/zram0 passed

setup() { echo 32M >/sys/block/zram0/disksize && undo eval 'echo 1 >/sys/block/zram0/reset' && swap /dev/zram0; }
