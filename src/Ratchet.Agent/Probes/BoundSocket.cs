using System.Net;

namespace Ratchet.Agent.Probes;

enum Protocol
{
    Tcp,
    Udp,
    Sctp,
    Raw,
}

/// <summary>A socket that takes what strangers send: TCP and SCTP in LISTEN, UDP and raw bound and not connected.</summary>
/// <param name="Address">The local address; an IPv4 address mapped into IPv6 is the IPv4 address that it means.</param>
/// <param name="Port">The local port; of a raw socket the IP protocol number.</param>
/// <param name="V6Only">Of an IPv6 socket: whether it refuses IPv4; null where that is not known or there is nothing to know.</param>
/// <param name="Uid">The account that made it.</param>
/// <param name="Inode">Its number in <c>/proc/PID/fd</c>; 0 for a socket that no process holds.</param>
readonly record struct BoundSocket(Protocol Protocol, IPAddress Address, int Port, bool? V6Only, uint Uid, ulong Inode)
{
    /// <summary>4 or 16 bytes in network order.</summary>
    public static IPAddress AddressOf(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.ContainsAnyExcept((byte)0)) return bytes.Length == 4 ? IPAddress.Any : IPAddress.IPv6Any;
        var address = new IPAddress(bytes);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }
}
