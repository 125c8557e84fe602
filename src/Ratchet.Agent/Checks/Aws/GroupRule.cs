using System.Globalization;
using System.Net;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Aws;

/// <summary>An inbound rule of a security group, with one source.</summary>
/// <param name="ProtocolNumber">Of IP; null: every protocol.</param>
/// <param name="Source">As it is written: a range, a group id (<c>sg-…</c>) or a prefix list id (<c>pl-…</c>).</param>
/// <param name="Range">The range; null for the others.</param>
sealed record GroupRule(string Group, int? ProtocolNumber, int From, int To, string Source, IPNetwork? Range)
{
    const int LastPort = 65535;

    /// <summary>The contents of a prefix list are not in the rule.</summary>
    public bool IsPrefixList => Source.StartsWith("pl-", StringComparison.Ordinal);

    /// <exception cref="FormatException">It is no rule.</exception>
    public static GroupRule Of(string group, string protocol, int? from, int? to, string source)
    {
        int? number = protocol.ToLowerInvariant() switch
        {
            "-1" or "all" => null,
            "tcp" => 6,
            "udp" => 17,
            "icmp" => 1,
            "icmpv6" => 58,
            _ when int.TryParse(protocol, NumberStyles.None, CultureInfo.InvariantCulture, out var other) && other <= 255 => other,
            _ => throw new FormatException($"{group}: a rule of protocol '{Printable.Clean(protocol, 32)}'"),
        };
        IPNetwork? range = null;
        // The network's own address need not be written cleanly: AWS does it, a collector may not.
        if (source.Contains('/', StringComparison.Ordinal)) range = Network(source) ?? throw new FormatException($"{group}: a rule from '{Printable.Clean(source, 64)}'");
        else if (!MetadataService.IsGroupId(source) && !source.StartsWith("pl-", StringComparison.Ordinal)) throw new FormatException($"{group}: a rule from '{Printable.Clean(source, 64)}'");
        // Without ports, and with -1, all are meant; only TCP and UDP have any.
        var hasPorts = number is 6 or 17 && from is >= 0 && to is >= 0;
        if (hasPorts && (to > LastPort || from > to)) throw new FormatException($"{group}: a rule for the ports {from} to {to}");
        return new GroupRule(group, number, hasPorts ? from!.Value : 0, hasPorts ? to!.Value : LastPort, source, range);
    }

    /// <summary>A range, also where bits beyond its length are set; null where it is none.</summary>
    public static IPNetwork? Network(string text)
    {
        if (text.Split('/') is not [var address, var length] || !IPAddress.TryParse(address, out var ip) || !int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var bits)) return null;
        var bytes = ip.GetAddressBytes();
        if (bits > bytes.Length * 8) return null;
        for (var bit = bits; bit < bytes.Length * 8; bit++) bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPNetwork(new IPAddress(bytes), bits);
    }

    /// <summary>Whether the rule speaks of the port that the listener is bound to, in a family that it takes.</summary>
    public bool Covers(Listener listener)
    {
        var number = listener.Protocol switch { Protocol.Tcp => 6, Protocol.Udp => 17, Protocol.Sctp => 132, _ => listener.Port };
        if (ProtocolNumber is { } only && only != number) return false;
        if (listener.Protocol is Protocol.Tcp or Protocol.Udp && (listener.Port < From || listener.Port > To)) return false;
        return Range is not { } range || TakesFamily(listener, range.BaseAddress.AddressFamily);
    }

    static bool TakesFamily(Listener listener, System.Net.Sockets.AddressFamily family) =>
        listener.Address.AddressFamily == family
        // An IPv6 wildcard takes IPv4 too, unless it is known not to.
        || (listener.Address.Equals(IPAddress.IPv6Any) && listener.Dual != false) || listener.Address.IsIPv4MappedToIPv6;
}
