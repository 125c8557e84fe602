# XFS on an encrypted disk that keeps its log on a plain one.
needs xfs
on_disk plain
expect disk.mounts-encrypted $at failed

setup() { luks $d1 $name && QA_CHECK_FS=1 TEST_DIR=x TEST_DEV=x mkfs.xfs -q -K -l logdev=$d2,size=16m -d size=128m /dev/mapper/$name && attach -o logdev=$d2 /dev/mapper/$name $at; }
