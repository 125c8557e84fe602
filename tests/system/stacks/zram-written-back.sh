# Compressed memory that writes idle pages to a plain disk.
needs zram

setup() { compressed && expect disk.swap-encrypted $zram failed && echo $d1 >$zram_settings/backing_dev && echo 32M >$zram_settings/disksize && swap $zram; }
