# What the Debian and Ubuntu installers make.
layers lvm crypt part disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.data-encrypted $at passed
expect disk.cipher-strong /dev/mapper/vault passed

setup() { part $d1 && luks ${d1}1 vault && group data /dev/mapper/vault && volume data files -L 64M && files /dev/data/files; }
