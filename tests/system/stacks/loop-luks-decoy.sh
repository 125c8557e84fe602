# An encrypted loop device beside the plain disk that holds the data: the decoy.
layers disk
on_disk plain
expect disk.mounts-encrypted $at failed
expect disk.data-encrypted $at failed
expect disk.mounts-encrypted $at-decoy passed

setup() { files $d1 && image $at/decoy 48M && luks $loop $name && files /dev/mapper/$name $at-decoy; }
