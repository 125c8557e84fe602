using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ratchet.Agent.Probes;

/// <summary>The system calls that .NET does not offer, with the layouts of Linux's user-space headers (x86-64).</summary>
static unsafe partial class Libc
{
    public const int AtFdCwd = -100;

    public const int ReadOnly = 0, NonBlocking = 0x800, NoTerminal = 0x100, CloseOnExec = 0x80000;
    public const int DirectoryOnly = 0x10000, NoFollow = 0x20000, PathOnly = 0x200000;

    public const int NotPermitted = 1, NoEntry = 2, NoProcess = 3, NoDevice = 6, Access = 13, CrossDevice = 18, NotDirectory = 20, InvalidArgument = 22, TooManyLinks = 40;

    const long OpenAt2 = 437;
    const ulong ResolveInRoot = 0x10;
    const int TryAgain = 11, OpenAttempts = 100;
    const int EmptyPath = 0x1000;
    const uint BasicStats = 0x7ff;
    const ulong EncryptedAttribute = 0x800;
    const nuint GetEncryptionPolicy = 0xC0096616;

    /// <summary>Opens relative to a directory.</summary>
    /// <returns>The handle, or null and the errno.</returns>
    public static SafeFileHandle? Open(SafeFileHandle directory, string path, int flags, out int error) => Handle(openat(directory, path, flags | CloseOnExec, 0), out error);

    /// <summary>Opens as if the directory were <c>/</c>: no link and no <c>..</c> leads out of it (openat2(2), Linux 5.6).</summary>
    /// <returns>The handle, or null and the errno.</returns>
    public static SafeFileHandle? OpenInRoot(SafeFileHandle directory, string path, int flags, out int error)
    {
        var how = new OpenHow { Flags = (ulong)(flags | CloseOnExec), Resolve = ResolveInRoot };
        // TryAgain: something on the host was renamed or mounted while a confined path went through "..".
        for (var attempt = 0; ; attempt++)
        {
            var handle = Handle(syscall(OpenAt2, directory, path, &how, (nuint)sizeof(OpenHow)), out error);
            if (error != TryAgain || attempt == OpenAttempts) return handle;
        }
    }

    /// <summary>
    /// Opens below a directory without following any link: one component after the other. openat2(2) could do it in one call, but
    /// RestrictSUIDSGID= of systemd, which cannot look into its arguments, takes it away.
    /// </summary>
    /// <returns>The handle, or null and the errno; <see cref="TooManyLinks"/> for a link, <see cref="CrossDevice"/> for a way out.</returns>
    public static SafeFileHandle? OpenBeneath(SafeFileHandle directory, string path, int flags, out int error)
    {
        var parts = path.Split('/');
        error = Array.Exists(parts, part => part is "" or "..") ? CrossDevice : 0;
        var at = directory;
        for (var i = 0; i < parts.Length && error == 0; i++)
        {
            var isLast = i == parts.Length - 1;
            var next = Open(at, parts[i], isLast ? flags | NoFollow : PathOnly | NoFollow, out error);
            if (next is not null && !isLast && Status(next).Kind == FileKind.SymbolicLink) error = TooManyLinks;
            if (at != directory) at.Dispose();
            if (isLast && error == 0) return next;
            at = next ?? directory;
        }
        if (at != directory) at.Dispose();
        // Closing what was opened on the way has overwritten it.
        Marshal.SetLastPInvokeError(error);
        return null;
    }

    /// <summary>Opens an absolute path of this host.</summary>
    public static SafeFileHandle? Open(string path, int flags, out int error) => Handle(open(path, flags | CloseOnExec, 0), out error);

    public static FileStatus Status(SafeFileHandle handle)
    {
        Statx s;
        if (statx(handle, "", EmptyPath, BasicStats, &s) < 0) throw Failure("statx");
        var kind = KindOf(s.Mode);
        return new FileStatus(kind, s.Mode & 0xFFF, s.Uid, s.Gid, (long)s.Size, Time(s.Mtime), Time(s.Ctime), s.Ino)
        {
            Device = kind == FileKind.BlockDevice ? $"{s.RdevMajor}:{s.RdevMinor}" : null,
            Encrypted = (s.Attributes & EncryptedAttribute) != 0,
        };
    }

    /// <summary>A hash of identity, size, owner, mode and times of what a path leads to; 0 where it leads nowhere or may not be asked.</summary>
    /// <param name="withContent">False: of a directory neither size nor times, which change with what comes and goes in it.</param>
    public static int Stamp(SafeFileHandle directory, string path, bool withContent = true)
    {
        Statx s;
        if (statx(directory, path, 0, BasicStats, &s) < 0) return 0;
        return withContent || KindOf(s.Mode) != FileKind.Directory
            ? HashCode.Combine(s.Ino, s.Size, s.Uid, s.Mode, s.Mtime.Seconds, s.Mtime.Nanoseconds, s.Ctime.Seconds, s.Ctime.Nanoseconds)
            : HashCode.Combine(s.Ino, s.Uid, s.Gid, s.Mode);
    }

    /// <summary>The target of a symbolic link opened with <see cref="PathOnly"/> and <see cref="NoFollow"/>, or of NAME in a directory.</summary>
    /// <returns>The bytes written, or -1.</returns>
    public static int ReadLink(SafeFileHandle directory, string name, Span<byte> target)
    {
        fixed (byte* buffer = target) return (int)readlinkat(directory, name, buffer, (nuint)target.Length);
    }

    /// <summary>FS_IOC_GET_ENCRYPTION_POLICY_EX: the size of the room for the policy (8 bytes), then the policy.</summary>
    public static bool TryGetEncryptionPolicy(SafeFileHandle file, Span<byte> sizeAndPolicy, out int error)
    {
        fixed (byte* argument = sizeAndPolicy)
        {
            var result = ioctl(file, GetEncryptionPolicy, argument);
            error = result < 0 ? Marshal.GetLastPInvokeError() : 0;
            return result >= 0;
        }
    }

    /// <summary>Makes a file's content, or a directory's entries, survive a power cut.</summary>
    public static void Synchronise(SafeFileHandle handle)
    {
        if (fsync(handle) < 0) throw Failure("fsync");
    }

    /// <summary>glob(3)'s matching of one name: <c>*</c>, <c>?</c>, <c>[…]</c>; a leading dot only by a dot.</summary>
    public static bool NameMatches(string pattern, string name)
    {
        const int period = 4;
        return fnmatch(pattern, name, period) == 0;
    }

    public static IOException Failure(string call) =>
        new($"{call}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    /// <summary>Gives memory that native code has freed back to the system.</summary>
    public static void ReleaseMemory() => _ = malloc_trim(0);

    /// <summary>Forgets that these pages are mapped in; the next touch reads them from their file again.</summary>
    public static void DropPages(nuint start, nuint length)
    {
        const int dontNeed = 4;
        _ = madvise(start, length, dontNeed);
    }

    static SafeFileHandle? Handle(long fd, out int error)
    {
        error = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
        return fd < 0 ? null : new SafeFileHandle((nint)fd, ownsHandle: true);
    }

    static FileKind KindOf(ushort mode) => (mode & 0xF000) switch
    {
        0x8000 => FileKind.Regular,
        0x4000 => FileKind.Directory,
        0xA000 => FileKind.SymbolicLink,
        0xC000 => FileKind.Socket,
        0x1000 => FileKind.Fifo,
        0x6000 => FileKind.BlockDevice,
        _ => FileKind.Device,
    };

    static DateTimeOffset Time(StatxTime t) => DateTimeOffset.FromUnixTimeSeconds(t.Seconds).AddTicks(t.Nanoseconds / 100);

    [StructLayout(LayoutKind.Sequential)]
    struct OpenHow
    {
        public ulong Flags, Mode, Resolve;
    }

    [StructLayout(LayoutKind.Sequential)]
    struct StatxTime
    {
        public long Seconds;
        public uint Nanoseconds;
        public int Reserved;
    }

    [StructLayout(LayoutKind.Sequential, Size = 256)]
    struct Statx
    {
        public uint Mask, Blksize;
        public ulong Attributes;
        public uint Nlink, Uid, Gid;
        public ushort Mode, Spare;
        public ulong Ino, Size, Blocks, AttributesMask;
        public StatxTime Atime, Btime, Ctime, Mtime;
        public uint RdevMajor, RdevMinor;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long syscall(long number, SafeFileHandle directory, string path, OpenHow* how, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int openat(SafeFileHandle directory, string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(SafeFileHandle directory, string path, int flags, uint mask, Statx* status);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint readlinkat(SafeFileHandle directory, string path, byte* buffer, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle file, nuint request, byte* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle handle);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int fnmatch(string pattern, string text, int flags);

    [LibraryImport("libc")]
    private static partial int madvise(nuint start, nuint length, int advice);

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);
}
