# The old header, still there on upgraded hosts.
layers crypt disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.cipher-strong /dev/mapper/vault passed

setup() { luks $d1 vault --type luks1 && files /dev/mapper/vault; }
