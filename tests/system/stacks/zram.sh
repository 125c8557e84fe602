# Swap in compressed memory.
needs zram

setup() { compressed && expect disk.swap-encrypted $zram passed && echo 32M >$zram_settings/disksize && swap $zram; }
