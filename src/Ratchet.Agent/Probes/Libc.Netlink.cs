using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ratchet.Agent.Probes;

/// <summary>Netlink sockets, and directory listings that allocate nothing, for the two hot paths of the socket tables.</summary>
static unsafe partial class Libc
{
    const int ReceiveSeconds = 5;

    public const int Interrupted = 4, ProtocolNotSupported = 93, FamilyNotSupported = 97;

    /// <summary>A netlink(7) socket of one family, for instance 4 for sock_diag(7).</summary>
    /// <returns>The socket, or null and the errno.</returns>
    public static SafeFileHandle? OpenNetlink(int family, out int error)
    {
        const int netlink = 16, raw = 3;
        var fd = socket(netlink, raw | CloseOnExec, family);
        error = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
        if (fd < 0) return null;
        const int socketLevel = 1, receiveTimeout = 20;
        // struct timeval. The kernel answers at once; an answer without its end would be waited for without end.
        var limit = stackalloc long[] { ReceiveSeconds, 0 };
        _ = setsockopt(fd, socketLevel, receiveTimeout, limit, 2 * sizeof(long));
        return new SafeFileHandle(fd, ownsHandle: true);
    }

    public static void Send(SafeFileHandle socket, ReadOnlySpan<byte> message)
    {
        fixed (byte* bytes = message)
            if (send(socket, bytes, (nuint)message.Length, 0) != message.Length)
                throw Failure("send");
    }

    /// <summary>Receives one datagram.</summary>
    /// <exception cref="IOException">It failed, or the datagram is longer than the buffer.</exception>
    public static int Receive(SafeFileHandle socket, Span<byte> buffer)
    {
        const int truncate = 0x20;
        while (true)
        {
            nint length;
            fixed (byte* bytes = buffer) length = recv(socket, bytes, (nuint)buffer.Length, truncate);
            if (length > buffer.Length) throw new IOException($"recv: a datagram of {length} bytes");
            if (length >= 0) return (int)length;
            if (Marshal.GetLastPInvokeError() == TryAgain) throw new IOException($"recv: no answer of the kernel within {ReceiveSeconds} s");
            if (Marshal.GetLastPInvokeError() != Interrupted) throw Failure("recv");
        }
    }

    /// <summary>getdents64(2): a batch of directory entries, 0 at the end, -1 with an errno.</summary>
    public static int ReadEntries(SafeFileHandle directory, Span<byte> entries)
    {
        fixed (byte* bytes = entries) return (int)getdents64(directory, bytes, (nuint)entries.Length);
    }

    /// <summary>Moves to a position that an entry of <see cref="ReadEntries"/> gave.</summary>
    public static void Seek(SafeFileHandle directory, long position)
    {
        if (lseek(directory, position, 0) < 0) throw Failure("lseek");
    }

    /// <summary>readlinkat(2) of a name that ends in a zero byte.</summary>
    public static int ReadLink(SafeFileHandle directory, ReadOnlySpan<byte> name, Span<byte> target)
    {
        fixed (byte* path = name)
        fixed (byte* buffer = target)
            return (int)readlinkat(directory, path, buffer, (nuint)target.Length);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(int socket, int level, int option, long* value, uint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(SafeFileHandle socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(SafeFileHandle socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint getdents64(SafeFileHandle directory, byte* entries, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(SafeFileHandle handle, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint readlinkat(SafeFileHandle directory, byte* path, byte* buffer, nuint size);
}
