# A swap file on a plain file system.
layers disk
expect disk.swap-encrypted $at/swap failed

setup() { files $d1 && swap_file $at/swap; }
