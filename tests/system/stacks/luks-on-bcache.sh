# LUKS above the cache: both disks hold only what is encrypted.
needs bcache
on_disk hidden
expect disk.mounts-encrypted $at passed

setup() { cached $d1 $d2 && luks $bcache $name && files /dev/mapper/$name; }
