# A thin volume: pool, its data and its metadata.
needs dm-thin-pool
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.data-encrypted $at passed

setup() { luks $d1 vault && group data /dev/mapper/vault && volume data pool --type thin-pool -L 96M && volume data files -V 64M --thinpool pool && files /dev/data/files; }
