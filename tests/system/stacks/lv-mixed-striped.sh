# Every second stripe on a plain disk.
layers lvm crypt disk disk
on_disk plain
expect disk.mounts-encrypted $at failed
expect disk.data-encrypted $at failed

setup() { luks $d1 $name && group $name /dev/mapper/$name $d2 && volume $name files --stripes 2 --stripesize 4k -l 8 && files /dev/$name/files; }
