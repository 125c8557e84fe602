# A swap file on an encrypted file system.
layers crypt disk
expect disk.swap-encrypted $at/swap passed

setup() { luks $d1 $name && files /dev/mapper/$name && swap_file $at/swap; }
