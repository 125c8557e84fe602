# Swap as the installers make it, beside the root's volume.
expect disk.swap-encrypted /dev/mapper/data-swap passed

setup() { luks $d1 vault && group data /dev/mapper/vault && volume data swap -L 32M && swap /dev/data/swap; }
