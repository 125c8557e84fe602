// Files as the host has them, below the root and bounded: a missing one is null, one that cannot be read throws.
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Ratchet.Agent.Probes;

sealed partial class Machine
{
    /// <summary>Most bytes of a configuration file that are read; a longer one throws.</summary>
    public const int FileLimit = 4 << 20;

    /// <summary>PATH_MAX.</summary>
    const int PathLimit = 4096;

    /// <summary>A file's text (UTF-8, broken bytes replaced), or null where there is none.</summary>
    /// <exception cref="IOException">It is unreadable, not a regular file, or longer than <paramref name="limit"/> bytes.</exception>
    public string? ReadText(string path, int limit = FileLimit) => ReadBytes(path, limit) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    /// <inheritdoc cref="ReadText"/>
    public byte[]? ReadBytes(string path, int limit = FileLimit)
    {
        using var handle = Open(path, Libc.ReadOnly | Libc.NonBlocking | Libc.NoTerminal);
        try
        {
            return handle is null ? null : ReadRegular(handle, path, limit);
        }
        catch (IOException e) when (e.HResult == Libc.NoProcess)
        {
            // A file of /proc whose process ended between the opening and the read.
            return null;
        }
    }

    /// <summary>
    /// Reads a file below a directory that a user of the host can write: no symbolic link is followed below
    /// <paramref name="directory"/>, nothing but a regular file is read, and no more than <paramref name="limit"/> bytes of it.
    /// </summary>
    /// <exception cref="IOException">It is a link, a pipe, a device, too long or unreadable; the message says which.</exception>
    public byte[]? ReadUntrusted(string directory, string relative, int limit)
    {
        var path = Path.Combine(directory, relative);
        Note(path, withContent: true);
        using var parent = Open(directory, Libc.PathOnly | Libc.DirectoryOnly);
        if (parent is null) return null;
        using var handle = Libc.OpenBeneath(parent, relative, Libc.ReadOnly | Libc.NonBlocking | Libc.NoTerminal, out var error);
        if (handle is not null) return ReadRegular(handle, path, limit);
        if (error is Libc.TooManyLinks or Libc.CrossDevice) throw new IOException($"{path}: is or lies behind a symbolic link, which is not followed");
        return IsAbsent(error) ? null : throw Unreadable(path);
    }

    /// <summary>The target of a symbolic link as it is written, or null where there is no file or it is no link.</summary>
    /// <exception cref="IOException">It may not be read: links of other users' processes need CAP_SYS_PTRACE.</exception>
    public string? ReadLink(string path)
    {
        using var handle = Open(path, Libc.PathOnly | Libc.NoFollow);
        if (handle is null) return null;
        Span<byte> target = stackalloc byte[4096];
        var length = Libc.ReadLink(handle, "", target);
        if (length < 0) return Marshal.GetLastPInvokeError() is Libc.InvalidArgument or Libc.NoEntry or Libc.NoProcess ? null : throw Unreadable(path);
        return Encoding.UTF8.GetString(target[..length]);
    }

    /// <summary>A file to be read in pieces, for tables of /proc without a known end; null where there is none.</summary>
    /// <exception cref="IOException">It is unreadable or not a regular file.</exception>
    public SafeFileHandle? OpenFile(string path)
    {
        var handle = Open(path, Libc.ReadOnly | Libc.NonBlocking | Libc.NoTerminal);
        if (handle is null || Libc.Status(handle).Kind == FileKind.Regular) return handle;
        handle.Dispose();
        throw new IOException($"{path}: is not a regular file");
    }

    /// <summary>
    /// Up to <paramref name="count"/> bytes of a block device or of an image of one; fewer at its end, null where there is none.
    /// </summary>
    /// <param name="device">MAJOR:MINOR that the file must stand for; null: any block device, or a regular file.</param>
    /// <exception cref="IOException">It is unreadable, another device, or neither a block device nor a regular file.</exception>
    public byte[]? ReadAt(string path, string? device, long offset, int count)
    {
        using var handle = Open(path, Libc.ReadOnly | Libc.NonBlocking | Libc.NoTerminal);
        if (handle is null) return null;
        var status = Libc.Status(handle);
        // A recorded device is a regular file.
        if (status.Kind != FileKind.BlockDevice && (status.Kind != FileKind.Regular || (IsLive && device is not null)))
            throw new IOException($"{path}: is not a block device");
        if (device is not null && status.Device is { } actual && actual != device) throw new IOException($"{path}: is device {actual}, not {device}");
        var bytes = new byte[count];
        var length = 0;
        while (length < count && RandomAccess.Read(handle, bytes.AsSpan(length), offset + length) is > 0 and var read) length += read;
        return length == count ? bytes : bytes[..length];
    }

    /// <summary>The path without links in it, as seen from the root; null where there is no such file.</summary>
    public string? Resolve(string path)
    {
        using var handle = Open(path, Libc.PathOnly);
        return handle is null ? null : PathInRoot(handle);
    }

    /// <summary>Kind, owner, mode and times, of the target where <paramref name="follow"/>; null where there is no such file.</summary>
    public FileStatus? Status(string path, bool follow = true)
    {
        using var handle = Open(path, Libc.PathOnly | (follow ? 0 : Libc.NoFollow));
        if (handle is null) return null;
        return recorded?.GetValueOrDefault(path) ?? Libc.Status(handle);
    }

    /// <summary>
    /// A number that differs when the file that a path leads to does, in identity, size, owner, mode or times; 0 where there is
    /// none or it may not be asked. One system call and no memory: for who asks about many files often.
    /// </summary>
    /// <param name="withContent">False: what comes and goes in a directory makes no difference.</param>
    public int Stamp(string path, bool withContent = true) =>
        IsLive ? Libc.Stamp(rootHandle, Relative(path), withContent)
        : Status(path) is not { } status ? 0
        : withContent || status.Kind != FileKind.Directory ? status.GetHashCode()
        : HashCode.Combine(status.Inode, status.Uid, status.Gid, status.Mode);

    /// <summary>Opens below the root. Null where the path is missing.</summary>
    /// <exception cref="IOException">The path is there and cannot be opened.</exception>
    SafeFileHandle? Open(string path, int flags)
    {
        Note(path, withContent: (flags & Libc.PathOnly) == 0);
        var handle = IsLive ? Libc.Open(rootHandle, Relative(path), flags, out var error) : Libc.OpenInRoot(rootHandle, Relative(path), flags, out error);
        if (handle is null) return IsAbsent(error) || IsEnded(path, error) ? null : throw Unreadable(path);
        if ((flags & Libc.PathOnly) == 0) Admit(handle, path);
        return handle;
    }

    void Note(string path, bool withContent)
    {
        trace?.Add(path, withContent);
        if (position is not null) position.Path = path;
    }

    static string Relative(string path) => path.TrimStart('/') is { Length: > 0 } relative ? relative : ".";

    string PathInRoot(SafeFileHandle handle)
    {
        var (whole, top) = (PathOf(handle), IsLive ? "/" : PathOf(rootHandle));
        return top == "/" ? whole : whole.Length == top.Length ? "/" : whole[top.Length..];
    }

    static string PathOf(SafeFileHandle handle)
    {
        using var self = Libc.Open($"/proc/self/fd/{handle.DangerousGetHandle()}", Libc.PathOnly | Libc.NoFollow, out _) ?? throw Libc.Failure("/proc/self/fd");
        Span<byte> target = stackalloc byte[4096];
        var length = Libc.ReadLink(self, "", target);
        return length > 0 ? Encoding.UTF8.GetString(target[..length]) : throw Libc.Failure("readlink");
    }

    /// <summary>NoProcess: a file of /proc whose process ended between the look-up and the read.</summary>
    static bool IsAbsent(int error) => error is Libc.NoEntry or Libc.NotDirectory or Libc.NoProcess;

    /// <summary>The socket tables of a process that has ended are "no such device"; elsewhere that is a socket, which is not absent.</summary>
    static bool IsEnded(string path, int error) => error == Libc.NoDevice && path.StartsWith("/proc/", StringComparison.Ordinal);

    static IOException Unreadable(string path)
    {
        var failure = Libc.Failure(path);
        return Marshal.GetLastPInvokeError() is Libc.Access or Libc.NotPermitted ? new IOException(failure.Message + MissingCapability.Of(path)) : failure;
    }

    static byte[] ReadRegular(SafeFileHandle handle, string path, int limit)
    {
        var status = Libc.Status(handle);
        if (status.Kind != FileKind.Regular) throw new IOException($"{path}: is a {status.Kind.ToString().ToLowerInvariant()}, not a regular file");
        if (status.Size > limit) throw new IOException($"{path}: has {status.Size} bytes, more than the {limit} that are read");
        var content = new ArrayBuffer(limit, (int)status.Size);
        while (true)
        {
            // /proc says size 0: read until the end, whatever the size was said to be.
            var count = RandomAccess.Read(handle, content.Free(path), content.Length);
            if (count == 0) return content.ToArray();
            content.Length += count;
        }
    }

    /// <summary>A byte array that grows up to a limit.</summary>
    struct ArrayBuffer(int limit, int expected)
    {
        byte[] bytes = new byte[Math.Max(expected + 1, 4096)];

        public int Length;

        public Span<byte> Free(string path)
        {
            if (Length > limit) throw new IOException($"{path}: has more than the {limit} bytes that are read");
            if (Length == bytes.Length) Array.Resize(ref bytes, bytes.Length * 2);
            return bytes.AsSpan(Length);
        }

        public readonly byte[] ToArray() => bytes.AsSpan(0, Length).ToArray();
    }
}
