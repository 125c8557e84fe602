# Swap as the installers make it, beside the root's volume.
expect disk.swap-encrypted /dev/mapper/${name//-/--}-swap passed

setup() { luks $d1 $name && group $name /dev/mapper/$name && volume $name swap -L 32M && swap /dev/$name/swap; }
