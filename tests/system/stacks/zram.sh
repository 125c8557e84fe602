# Swap in compressed memory.
needs zram
expect disk.swap-encrypted '$zram' passed

setup() { compressed && echo 32M >$zram_settings/disksize && swap $zram; }
