# Compressed memory that writes idle pages to a plain disk.
needs zram
expect disk.swap-encrypted '$zram' failed

setup() { compressed && echo $d1 >$zram_settings/backing_dev && echo 32M >$zram_settings/disksize && swap $zram; }
