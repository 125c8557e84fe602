namespace Ratchet.Agent.Checks.Disk;

/// <summary>The rules about data at rest.</summary>
static class DiskRules
{
    static readonly Controls AtRest = new(["164.312(a)(2)(iv)", "164.310(d)(1)"], ["06.d", "10.f"]);

    public static readonly Rule MountsEncrypted = new("disk.mounts-encrypted", "Every mounted file system lies on encryption, on each of its paths to a disk", Severity.High,
        "Who gets the disk, a snapshot of the volume or the retired hardware reads everything on it. One plain disk among several is enough.",
        "Move the file system onto LUKS2 (cryptsetup reencrypt --encrypt works in place, after a backup); the evidence names the path that is plain. "
        + "Where the site relies on encryption below the guest, set disk.layer and attest the volumes in disk.volumes.", AtRest);

    public static readonly Rule DataEncrypted = new("disk.data-encrypted", "Every data directory of the host lies on encryption, with all that is linked or mounted into it", Severity.Critical,
        "Patient data lies here. A write-ahead log, a tablespace or a log directory on another, plain disk leaks the same data as the database itself.",
        "Move the directory, or what the link in it points to, onto an encrypted file system.", AtRest);

    public static readonly Rule SwapEncrypted = new("disk.swap-encrypted", "Swap space and the hibernation image are encrypted", Severity.High,
        "Memory is written to swap as it is: patient records, private keys and the keys of encrypted disks, and it stays there after the reboot.",
        "swapoff, then a crypttab line with /dev/urandom as the key (no hibernation) or a LUKS2 device, or a swap file on an encrypted file system.",
        new Controls(["164.312(a)(2)(iv)", "164.310(d)(2)(ii)"], ["06.d", "10.f"]));

    public static readonly Rule CipherStrong = new("disk.cipher-strong", "Disk encryption uses a strong cipher with at least 256 bits of key", Severity.High,
        "A null cipher encrypts nothing and looks encrypted to every tool that counts devices; ECB and predictable IVs show what lies below.",
        "cryptsetup reencrypt --cipher aes-xts-plain64 --key-size 512 on the named device, after a backup.", AtRest);

    public static readonly Rule KeysProtected = new("disk.keys-protected", "Keys of encrypted disks are readable by root alone and lie on encryption themselves", Severity.Critical,
        "A key that lies in plain on the same machine opens the disk to whoever takes the machine: the encryption is worth nothing.",
        "Move the key file onto an encrypted file system, a TPM2 or a key server, chmod 0400, and change the key, because the old one has been readable.",
        new Controls(["164.312(a)(1)", "164.312(a)(2)(iv)"], ["10.g", "10.f", "06.d"]));

    public static readonly Rule VolumeAttested = new("disk.volume-attested", "Encryption of cloud volumes is attested from outside the guest", Severity.Medium,
        "A guest cannot see whether its volume is encrypted: without somebody who looked, it is a belief.",
        "Run aws ec2 describe-volumes --volume-ids ID --query 'Volumes[].Encrypted' and write id, encrypted, attestedBy and at to disk.volumes.", AtRest);

    public static readonly IReadOnlyList<Rule> All = [MountsEncrypted, DataEncrypted, SwapEncrypted, CipherStrong, KeysProtected, VolumeAttested];
}
