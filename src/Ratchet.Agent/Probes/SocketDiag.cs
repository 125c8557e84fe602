using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Ratchet.Agent.Probes;

/// <summary>
/// The bound sockets of our own network namespace from sock_diag(7). The kernel filters by state, so that a hundred thousand
/// connections cost nothing; any user may ask.
/// </summary>
/// <remarks>Layouts: linux/netlink.h, linux/inet_diag.h. Numbers are the host's byte order, ports and addresses the network's.</remarks>
static class SocketDiag
{
    const int SockDiagFamily = 4;
    const ushort Done = 3, Error = 2, SockDiagByFamily = 20;
    const int HeaderLength = 16, RequestLength = HeaderLength + 56, MessageLength = 72;
    const int Listen = 10, Close = 7;

    // Attributes: the v6-only flag, and all local addresses of a multi-homed SCTP socket.
    const ushort V6OnlyAttribute = 11, LocalsAttribute = 14;

    /// <summary>Adds the sockets of one protocol, IPv4 and IPv6.</summary>
    /// <returns>False where this kernel has no sock_diag for the protocol: <see cref="ProcNet"/> knows them too.</returns>
    /// <exception cref="IOException">The kernel refused, or its answer makes no sense.</exception>
    public static bool TryRead(Protocol protocol, List<BoundSocket> sockets)
    {
        using var netlink = Libc.OpenNetlink(SockDiagFamily, out var error);
        if (netlink is null)
            return error is Libc.ProtocolNotSupported or Libc.FamilyNotSupported ? false : throw Libc.Failure("socket(NETLINK_SOCK_DIAG)");
        var start = sockets.Count;
        if (TryDump(netlink, AddressFamily.InterNetwork, protocol, sockets) && TryDump(netlink, AddressFamily.InterNetworkV6, protocol, sockets)) return true;
        sockets.RemoveRange(start, sockets.Count - start);
        return false;
    }

    static bool TryDump(SafeFileHandle netlink, AddressFamily family, Protocol protocol, List<BoundSocket> sockets)
    {
        Libc.Send(netlink, Request(family, protocol));
        // The kernel fills at most 32 KiB at a time for a reader that offers as much.
        var buffer = new byte[64 << 10];
        while (true)
        {
            var length = Libc.Receive(netlink, buffer);
            if (Parse(buffer.AsSpan(0, length), protocol, sockets) is { } errno)
                return errno switch
                {
                    0 => true,
                    Libc.NoEntry => false,
                    // IPv6 or the protocol is not in this kernel: nothing can be bound to it.
                    Libc.ProtocolNotSupported or Libc.FamilyNotSupported => true,
                    _ => throw new IOException($"sock_diag: error {errno} for {protocol} {family}"),
                };
        }
    }

    static byte[] Request(AddressFamily family, Protocol protocol)
    {
        const ushort request = 1, dump = 0x300;
        var message = new byte[RequestLength];
        BinaryPrimitives.WriteInt32LittleEndian(message, RequestLength);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), SockDiagByFamily);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), request | dump);
        message[HeaderLength] = family == AddressFamily.InterNetwork ? (byte)2 : (byte)10;
        var (number, state) = protocol switch
        {
            Protocol.Tcp => (6, Listen),
            Protocol.Udp => (17, Close),
            Protocol.Sctp => (132, Listen),
            _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "raw sockets are read from /proc/net"),
        };
        message[HeaderLength + 1] = (byte)number;
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(HeaderLength + 4), 1u << state);
        return message;
    }

    /// <summary>Parses one datagram of the answer.</summary>
    /// <returns>Null where more follows, else the errno of the end: 0 is success.</returns>
    /// <exception cref="IOException">A length points outside of the datagram, or the dump is said to be inconsistent.</exception>
    internal static int? Parse(ReadOnlySpan<byte> datagram, Protocol protocol, List<BoundSocket> sockets)
    {
        const ushort inconsistent = 0x10;
        if (datagram.IsEmpty) throw new IOException("sock_diag: an empty answer");
        while (!datagram.IsEmpty)
        {
            var length = datagram.Length < HeaderLength ? -1 : BinaryPrimitives.ReadInt32LittleEndian(datagram);
            if (length < HeaderLength || length > datagram.Length) throw new IOException("sock_diag: a message with an impossible length");
            var type = BinaryPrimitives.ReadUInt16LittleEndian(datagram[4..]);
            if ((BinaryPrimitives.ReadUInt16LittleEndian(datagram[6..]) & inconsistent) != 0) throw new IOException("sock_diag: the table changed while it was read");
            var body = datagram[HeaderLength..length];
            if (type is Done or Error)
                return body.Length < 4 ? throw new IOException("sock_diag: an end without a result") : -BinaryPrimitives.ReadInt32LittleEndian(body);
            if (type == SockDiagByFamily) Add(body, protocol, sockets);
            // Messages are padded to four bytes, the last one perhaps not.
            datagram = datagram[Math.Min((length + 3) & ~3, datagram.Length)..];
        }
        return null;
    }

    static void Add(ReadOnlySpan<byte> message, Protocol protocol, List<BoundSocket> sockets)
    {
        if (message.Length < MessageLength) throw new IOException("sock_diag: a message that is too short");
        var port = BinaryPrimitives.ReadUInt16BigEndian(message[4..]);
        var remotePort = BinaryPrimitives.ReadUInt16BigEndian(message[6..]);
        if (remotePort != 0) return;
        var v6 = message[0] == 10;
        var v6Only = Attribute(message[MessageLength..], V6OnlyAttribute) is [var flag, ..] ? flag != 0 : (bool?)null;
        var socket = new BoundSocket(protocol, BoundSocket.AddressOf(message.Slice(8, v6 ? 16 : 4)), port, v6 ? v6Only : null,
            BinaryPrimitives.ReadUInt32LittleEndian(message[64..]), BinaryPrimitives.ReadUInt32LittleEndian(message[68..]));
        var locals = Attribute(message[MessageLength..], LocalsAttribute);
        if (locals.Length < 128) sockets.Add(socket);
        // Each is a sockaddr_storage of 128 bytes: sockaddr_in or sockaddr_in6.
        for (; locals.Length >= 128; locals = locals[128..])
            sockets.Add(socket with { Address = BoundSocket.AddressOf(locals[0] == 10 ? locals.Slice(8, 16) : locals.Slice(4, 4)) });
    }

    /// <summary>The content of one attribute, empty where it is not there.</summary>
    static ReadOnlySpan<byte> Attribute(ReadOnlySpan<byte> attributes, ushort wanted)
    {
        while (attributes.Length >= 4)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
            if (length < 4 || length > attributes.Length) throw new IOException("sock_diag: an attribute with an impossible length");
            if (BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) == wanted) return attributes[4..length];
            attributes = attributes[Math.Min((length + 3) & ~3, attributes.Length)..];
        }
        return [];
    }
}
