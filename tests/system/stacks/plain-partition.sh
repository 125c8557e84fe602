# A file system on a partition: what the others are held against.
layers part disk
on_disk plain
expect disk.mounts-encrypted $at failed
expect disk.data-encrypted $at failed
expect disk.mounts-encrypted / failed

setup() { part $d1 && files ${d1}1; }
