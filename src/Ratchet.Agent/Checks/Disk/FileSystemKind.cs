namespace Ratchet.Agent.Checks.Disk;

enum FileSystemKind
{
    /// <summary>On a block device of its own.</summary>
    Block,

    /// <summary>The kernel's own state, no files of anybody.</summary>
    Kernel,
    Memory,

    /// <summary>Made once and only read.</summary>
    Image,
    Network,
    Overlay,
    Btrfs,
    Bcachefs,
    Zfs,
    ECryptfs,
    Fuse,
}

/// <summary>What kind of file system a type is.</summary>
static class FileSystems
{
    static readonly HashSet<string> Kernel =
    [
        "proc", "sysfs", "cgroup", "cgroup2", "devpts", "securityfs", "debugfs", "tracefs", "configfs", "pstore", "bpf", "efivarfs", "mqueue", "hugetlbfs",
        "binfmt_misc", "fusectl", "rpc_pipefs", "nsfs", "autofs", "selinuxfs", "smackfs", "nfsd", "resctrl", "xenfs", "functionfs", "cpuset", "dlm", "ocfs2_dlmfs",
        "fuse.lxcfs", "fuse.portal", "fuse.gvfsd-fuse",
    ];

    public static FileSystemKind KindOf(string type) => type switch
    {
        _ when Kernel.Contains(type) => FileSystemKind.Kernel,
        "tmpfs" or "ramfs" or "devtmpfs" or "rootfs" => FileSystemKind.Memory,
        "squashfs" or "erofs" or "iso9660" or "udf" or "cramfs" or "romfs" or "fuse.squashfuse" or "fuse.snapfuse" => FileSystemKind.Image,
        "nfs" or "nfs4" or "cifs" or "smb3" or "smbfs" or "ceph" or "fuse.ceph" or "fuse.glusterfs" or "9p" or "virtiofs" or "afs" or "lustre" or "fuse.sshfs" or "fuse.s3fs" => FileSystemKind.Network,
        "overlay" or "overlayfs" => FileSystemKind.Overlay,
        "btrfs" => FileSystemKind.Btrfs,
        "bcachefs" => FileSystemKind.Bcachefs,
        "zfs" => FileSystemKind.Zfs,
        "ecryptfs" => FileSystemKind.ECryptfs,
        "fuseblk" => FileSystemKind.Block,
        "fuse" => FileSystemKind.Fuse,
        _ when type.StartsWith("fuse.", StringComparison.Ordinal) => FileSystemKind.Fuse,
        _ => FileSystemKind.Block,
    };
}
