# ext4 on an encrypted disk whose journal, with all data in it, is on a plain one.
on_disk plain
expect disk.mounts-encrypted $at 'failed|unknown'

setup() { luks $d1 vault && mkfs.ext4 -q -b 4096 -O journal_dev $d2 32M && files /dev/mapper/vault $at -b 4096 -J device=$d2 -E mount_opts=data=journal,nodiscard; }
