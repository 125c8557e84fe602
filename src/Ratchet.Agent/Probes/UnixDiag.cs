using System.Buffers.Binary;

namespace Ratchet.Agent.Probes;

/// <summary>
/// Sockets in the file system from sock_diag(7), for whoever may not connect to them: the kernel tells any user which file
/// each bound socket of this network namespace has.
/// </summary>
/// <remarks>Layouts: linux/netlink.h, linux/unix_diag.h; host byte order.</remarks>
static class UnixDiag
{
    const int SockDiagFamily = 4;
    const ushort Done = 3, Error = 2, SockDiagByFamily = 20;
    const int HeaderLength = 16, RequestLength = HeaderLength + 24, MessageLength = 16;
    const byte Unix = 1, Datagram = 2;

    // UDIAG_SHOW_VFS asks for the attribute UNIX_DIAG_VFS: inode and device of the file.
    const uint ShowFile = 2;
    const ushort FileAttribute = 1;

    /// <summary>Whether a process holds a datagram socket with this file open.</summary>
    /// <exception cref="IOException">This kernel cannot be asked.</exception>
    public static bool IsBound(ulong inode)
    {
        using var netlink = Libc.OpenNetlink(SockDiagFamily, out _) ?? throw Libc.Failure("socket(NETLINK_SOCK_DIAG)");
        Libc.Send(netlink, Request());
        var buffer = new byte[64 << 10];
        var found = false;
        while (Parse(buffer.AsSpan(0, Libc.Receive(netlink, buffer)), (uint)inode, ref found)) { }
        return found;
    }

    static byte[] Request()
    {
        const ushort request = 1, dump = 0x300;
        var message = new byte[RequestLength];
        BinaryPrimitives.WriteInt32LittleEndian(message, RequestLength);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), SockDiagByFamily);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), request | dump);
        message[HeaderLength] = Unix;
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(HeaderLength + 4), uint.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(HeaderLength + 12), ShowFile);
        return message;
    }

    /// <returns>Whether more follows.</returns>
    internal static bool Parse(ReadOnlySpan<byte> datagram, uint inode, ref bool found)
    {
        if (datagram.IsEmpty) throw new IOException("sock_diag: an empty answer");
        while (!datagram.IsEmpty)
        {
            var length = datagram.Length < HeaderLength ? -1 : BinaryPrimitives.ReadInt32LittleEndian(datagram);
            if (length < HeaderLength || length > datagram.Length) throw new IOException("sock_diag: a message with an impossible length");
            var type = BinaryPrimitives.ReadUInt16LittleEndian(datagram[4..]);
            var body = datagram[HeaderLength..length];
            if (type == Done) return false;
            if (type == Error) throw new IOException("sock_diag: no answer for sockets in the file system");
            if (type == SockDiagByFamily && body.Length >= MessageLength && body[1] == Datagram) found |= FileOf(body[MessageLength..]) == inode;
            datagram = datagram[Math.Min((length + 3) & ~3, datagram.Length)..];
        }
        return true;
    }

    static uint? FileOf(ReadOnlySpan<byte> attributes)
    {
        while (attributes.Length >= 4)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
            if (length < 4 || length > attributes.Length) throw new IOException("sock_diag: an attribute with an impossible length");
            if (BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) == FileAttribute && length >= 8) return BinaryPrimitives.ReadUInt32LittleEndian(attributes[4..]);
            attributes = attributes[Math.Min((length + 3) & ~3, attributes.Length)..];
        }
        return null;
    }
}
