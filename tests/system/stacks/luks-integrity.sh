# LUKS2 with authentication: dm-crypt over dm-integrity over the disk that has the header.
needs dm-integrity
layers crypt crypt disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.cipher-strong /dev/mapper/$name passed

setup() { luks $d1 $name --integrity hmac-sha256 --integrity-no-wipe && mkfs.ext4 -q -E nodiscard /dev/mapper/$name 32M && attach /dev/mapper/$name $at; }
