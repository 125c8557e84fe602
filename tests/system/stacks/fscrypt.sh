# An encrypted directory on a plain file system.
layers disk
on_disk hidden
expect disk.mounts-encrypted $at failed
expect disk.data-encrypted $at/vault passed
expect disk.data-encrypted $at/open failed

data=($at/vault $at/open)
word_in=$at/vault
setup() {
    files $d1 $at -O encrypt && mkdir $at/vault $at/open && head -c 64 /dev/urandom >/run/fskey &&
        id=$(xfs_io -c add_enckey $at </run/fskey | awk '{ print $NF }') && xfs_io -c "set_encpolicy -v 2 $id" $at/vault
}
