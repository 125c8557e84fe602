# Swap in plain.
expect disk.swap-encrypted "$d1"1 failed

setup() { part $d1 && swap ${d1}1; }
