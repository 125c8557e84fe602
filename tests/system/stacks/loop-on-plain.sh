# A loop device whose file lies on a plain file system.
layers loop
on_disk plain
expect disk.mounts-encrypted $at failed
expect disk.data-encrypted $at failed

setup() { files $d1 $at-below && image $at-below/image 32M && files $loop; }
