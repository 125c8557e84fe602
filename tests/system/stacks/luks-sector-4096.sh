# Sectors of 4096 bytes, and a second header that begins at 4 MiB.
layers crypt disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.cipher-strong /dev/mapper/$name passed

setup() { luks $d1 $name --sector-size 4096 --luks2-metadata-size 4m --luks2-keyslots-size 8m && files /dev/mapper/$name; }
