using System.Globalization;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>Whether a valve keeps an application to named addresses.</summary>
static class AddressValve
{
    /// <summary>True: it does. False: it lets everybody in, or is none. Null: that is not certain.</summary>
    public static bool? Restricts(XmlElement valve, Func<XmlElement, string, string?> get)
    {
        var kind = valve.ClassName[(valve.ClassName.LastIndexOf('.') + 1)..];
        if (kind is not ("RemoteCIDRValve" or "RemoteAddrValve" or "RemoteHostValve")) return false;
        // Only a deny list: whoever is not on it comes in.
        if (get(valve, "allow") is not { Length: > 0 } allow) return false;
        return kind switch
        {
            "RemoteCIDRValve" => allow.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Aggregate((bool?)true, (all, network) => Worse(all, IsNarrow(network))),
            "RemoteAddrValve" => Alternatives(allow).Aggregate((bool?)true, (all, pattern) => Worse(all, IsLiteral(pattern))),
            // A name that the client's own name server tells.
            _ => null,
        };
    }

    static bool? Worse(bool? left, bool? right) => left == false || right == false ? false : left is null || right is null ? null : true;

    /// <summary>An address, or a network of at least 8 bits (IPv4) or 16 (IPv6).</summary>
    static bool? IsNarrow(string network)
    {
        var slash = network.IndexOf('/', StringComparison.Ordinal);
        if (!System.Net.IPAddress.TryParse(slash < 0 ? network : network[..slash], out var address)) return null;
        if (slash < 0) return true;
        if (!int.TryParse(network.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var bits)) return null;
        return bits >= (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 8 : 16);
    }

    /// <summary>
    /// A regular expression over the address: narrow where it begins with the digits of an address, open where it begins with a
    /// wildcard. It is not run: it comes from the host.
    /// </summary>
    static bool? IsLiteral(string pattern)
    {
        var text = pattern.TrimStart('^', '(').Replace("\\", "", StringComparison.Ordinal);
        if (text.StartsWith('.') || text.StartsWith('d') && pattern.Contains(@"\d", StringComparison.Ordinal) || text.StartsWith('[')) return false;
        var digits = text.TakeWhile(char.IsAsciiHexDigit).Count();
        return text.StartsWith("::1", StringComparison.Ordinal) || (digits > 0 && digits < text.Length && text[digits] is '.' or ':') ? true : null;
    }

    static IEnumerable<string> Alternatives(string pattern) => pattern.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
