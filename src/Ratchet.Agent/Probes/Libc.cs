using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ratchet.Agent.Probes;

/// <summary>The system calls that .NET does not offer, with the layouts of Linux's user-space headers (x86-64).</summary>
static unsafe partial class Libc
{
    public const int AtFdCwd = -100;

    public const int ReadOnly = 0, NonBlocking = 0x800, NoTerminal = 0x100, CloseOnExec = 0x80000;
    public const int DirectoryOnly = 0x10000, NoFollow = 0x20000, PathOnly = 0x200000;

    public const ulong ResolveNoMagicLinks = 0x02, ResolveNoSymlinks = 0x04, ResolveBeneath = 0x08, ResolveInRoot = 0x10;

    public const int NotPermitted = 1, NoEntry = 2, NoProcess = 3, NoDevice = 6, Access = 13, CrossDevice = 18, NotDirectory = 20, InvalidArgument = 22, TooManyLinks = 40;

    const long OpenAt2 = 437;
    const int TryAgain = 11, OpenAttempts = 100;
    const int EmptyPath = 0x1000;
    const uint BasicStats = 0x7ff;
    const ulong EncryptedAttribute = 0x800;
    const nuint GetEncryptionPolicy = 0xC0096616;

    /// <summary>Opens relative to a directory, with openat2(2)'s control over links (Linux 5.6).</summary>
    /// <returns>The handle, or null and the errno.</returns>
    public static SafeFileHandle? Open(SafeFileHandle directory, string path, int flags, ulong resolve, out int error)
    {
        var how = new OpenHow { Flags = (ulong)(flags | CloseOnExec), Resolve = resolve };
        long fd;
        // TryAgain: something on the host was renamed or mounted while a confined path went through "..".
        for (var attempt = 0; ; attempt++)
        {
            fd = syscall(OpenAt2, directory, path, &how, (nuint)sizeof(OpenHow));
            error = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (error != TryAgain || attempt == OpenAttempts) break;
        }
        return fd < 0 ? null : new SafeFileHandle((nint)fd, ownsHandle: true);
    }

    /// <summary>Opens an absolute path of this host.</summary>
    public static SafeFileHandle? Open(string path, int flags, out int error)
    {
        var fd = open(path, flags | CloseOnExec, 0);
        error = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
        return fd < 0 ? null : new SafeFileHandle(fd, ownsHandle: true);
    }

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
    public static int Stamp(SafeFileHandle directory, string path)
    {
        Statx s;
        return statx(directory, path, 0, BasicStats, &s) < 0 ? 0 : HashCode.Combine(s.Ino, s.Size, s.Uid, s.Mode, s.Mtime.Seconds, s.Mtime.Nanoseconds, s.Ctime.Seconds, s.Ctime.Nanoseconds);
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
    private static partial int malloc_trim(nuint pad);
}
