# What the Debian and Ubuntu installers make.
layers lvm crypt part disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.data-encrypted $at passed
expect disk.cipher-strong /dev/mapper/$name passed

setup() { part $d1 && luks ${d1}1 $name && group $name /dev/mapper/$name && volume $name files -L 64M && files /dev/$name/files; }
