# The old header, still there on upgraded hosts.
layers crypt disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.cipher-strong /dev/mapper/$name passed

setup() { luks $d1 $name --type luks1 && files /dev/mapper/$name; }
