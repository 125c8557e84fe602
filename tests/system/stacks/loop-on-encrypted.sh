# A loop device whose file lies on an encrypted file system.
layers loop
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.data-encrypted $at passed

setup() { luks $d1 $name && files /dev/mapper/$name $at-below && image $at-below/image 32M && files $loop; }
