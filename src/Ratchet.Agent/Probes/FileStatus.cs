namespace Ratchet.Agent.Probes;

enum FileKind
{
    Regular,
    Directory,
    SymbolicLink,
    Socket,
    Fifo,
    BlockDevice,

    /// <summary>A character device.</summary>
    Device,
}

/// <summary>What statx(2) says of a file.</summary>
/// <param name="Mode">Permission bits only (octal 07777).</param>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">Last change of the content; anybody who owns the file can set it.</param>
/// <param name="Changed">Last change of content, owner or mode; set by the kernel alone.</param>
sealed record FileStatus(FileKind Kind, int Mode, uint Uid, uint Gid, long Size, DateTimeOffset Modified, DateTimeOffset Changed, ulong Inode)
{
    /// <summary>Which device a block device file stands for, <c>MAJOR:MINOR</c>; null for any other file.</summary>
    public string? Device { get; init; }

    /// <summary>The file system encrypts this file or directory by itself (fscrypt).</summary>
    public bool Encrypted { get; init; }

    /// <summary>The later of the two times.</summary>
    public DateTimeOffset Touched => Modified > Changed ? Modified : Changed;

    /// <summary>The mode as <c>ls</c> users write it: <c>0640</c>.</summary>
    public string OctalMode => Convert.ToString(Mode, 8).PadLeft(4, '0');

    public bool WritableByOthers => (Mode & 0b000_010_010) != 0;
}
