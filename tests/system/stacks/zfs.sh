# An encrypted dataset.
needs zfs
on_disk hidden
expect disk.mounts-encrypted $at passed

setup() { absent "no ZFS stack was written for a kernel that has it"; }
