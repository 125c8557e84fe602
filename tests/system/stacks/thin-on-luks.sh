# A thin volume: pool, its data and its metadata.
needs dm-thin-pool
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.data-encrypted $at passed

setup() { luks $d1 $name && group $name /dev/mapper/$name && volume $name pool --type thin-pool -L 96M && volume $name files -V 64M --thinpool pool && files /dev/$name/files; }
