using System.Globalization;
using System.Net;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>A TCP address that a process listens on.</summary>
sealed record Listener(IPAddress Address, int Port)
{
    const string Listening = "0A";
    const int TableLimit = 64 << 20;

    static readonly string[] Tables = ["tcp", "tcp6"];

    /// <summary>Where one of these can be connected to from this host: the wildcard is reached through loopback.</summary>
    public IPEndPoint EndPoint => new(
        Address.Equals(IPAddress.Any) ? IPAddress.Loopback : Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : Address, Port);

    /// <summary>The listening sockets of a process, in its own network namespace.</summary>
    /// <exception cref="IOException">They cannot be seen.</exception>
    public static IReadOnlyList<Listener> Of(Machine machine, int pid)
    {
        var inodes = (machine.List($"/proc/{pid}/fd") ?? []).Select(fd => machine.ReadLink($"/proc/{pid}/fd/{fd}"))
            .OfType<string>().Where(link => link.StartsWith("socket:[", StringComparison.Ordinal)).Select(link => link[8..^1]).ToHashSet();
        return
        [
            .. Tables.SelectMany(table => Parse(machine.ReadText($"/proc/{pid}/net/{table}", TableLimit) ?? "", inodes)).Distinct(),
        ];
    }

    internal static IEnumerable<Listener> Parse(string table, IReadOnlySet<string> inodes)
    {
        foreach (var line in table.Split('\n').Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9 && fields[3] == Listening && inodes.Contains(fields[9]) && fields[1].Split(':') is [var address, var port])
                yield return new Listener(ParseAddress(address), int.Parse(port, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        }
    }

    /// <summary>proc(5) prints each 32-bit word of an address in the byte order of the host.</summary>
    static IPAddress ParseAddress(string hexadecimal)
    {
        var bytes = Convert.FromHexString(hexadecimal);
        for (var i = 0; i < bytes.Length; i += 4) Array.Reverse(bytes, i, 4);
        return new IPAddress(bytes);
    }
}
