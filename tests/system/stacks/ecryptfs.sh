# A directory mounted through eCryptfs.
needs ecryptfs
on_disk hidden
expect disk.mounts-encrypted $at passed

setup() { absent "no eCryptfs stack was written for a kernel that has it"; }
