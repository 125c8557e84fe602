# 128 bits of key: encrypted, but weakly.
layers crypt disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.cipher-strong /dev/mapper/$name failed

setup() { luks $d1 $name --cipher aes-cbc-essiv:sha256 --key-size 128 && files /dev/mapper/$name; }
