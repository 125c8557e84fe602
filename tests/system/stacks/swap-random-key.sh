# Swap that gets a new key at each start, as crypttab makes it.
expect disk.swap-encrypted /dev/mapper/$name passed
expect disk.cipher-strong /dev/mapper/$name passed
expect disk.keys-protected $name passed

setup() {
    crypttab "$name $d1 /dev/urandom swap,plain,cipher=aes-xts-plain64,size=512,hash=plain" &&
        cryptsetup open --type plain --cipher aes-xts-plain64 --key-size 512 --key-file /dev/urandom $d1 $name &&
        swap /dev/mapper/$name
}
