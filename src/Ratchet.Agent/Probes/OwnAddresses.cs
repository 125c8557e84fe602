using System.Globalization;
using System.Net;

namespace Ratchet.Agent.Probes;

/// <summary>The host's own addresses, beside loopback: from /proc/net/fib_trie and /proc/net/if_inet6.</summary>
static class OwnAddresses
{
    public static IReadOnlyList<IPAddress> Of(Machine machine)
    {
        var addresses = new HashSet<IPAddress>();
        var last = "";
        foreach (var raw in (machine.ReadText("/proc/net/fib_trie") ?? "").Split('\n'))
        {
            // A leaf and what it is for: "|-- 10.0.0.5", then "/32 host LOCAL".
            var line = raw.TrimStart();
            if (line.StartsWith("|-- ", StringComparison.Ordinal)) last = line[4..];
            else if (line is "/32 host LOCAL" && IPAddress.TryParse(last, out var address) && !IPAddress.IsLoopback(address)) addresses.Add(address);
        }
        foreach (var line in (machine.ReadText("/proc/net/if_inet6") ?? "").Split('\n'))
            if (line.Length > 32 && UInt128.TryParse(line.AsSpan(0, 32), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
            {
                var bytes = new byte[16];
                System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
                if (new IPAddress(bytes) is var address && !IPAddress.IsLoopback(address)) addresses.Add(address);
            }
        return [.. addresses];
    }
}
