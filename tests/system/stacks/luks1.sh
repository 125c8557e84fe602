# The old header, still there on upgraded hosts.
layers crypt disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.cipher-strong /dev/mapper/$name passed

setup() { passphrase | cryptsetup luksFormat "${cheap[@]}" --type luks1 $d1 - && unlock $d1 $name && files /dev/mapper/$name; }
