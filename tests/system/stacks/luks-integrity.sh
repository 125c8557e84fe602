# LUKS2 with authentication: dm-crypt over dm-integrity over the partition that has the header. All of it is written once, so it is small.
needs dm-integrity
layers crypt crypt part disk
on_disk hidden
expect disk.mounts-encrypted $at passed
expect disk.cipher-strong /dev/mapper/$name passed

setup() { echo ',24M,L' | sfdisk -q -X gpt $d1 && luks ${d1}1 $name --integrity hmac-sha256 && files /dev/mapper/$name; }
