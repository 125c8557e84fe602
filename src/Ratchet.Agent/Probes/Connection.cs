using System.Globalization;
using System.Net;

namespace Ratchet.Agent.Probes;

/// <summary>An established TCP connection of a network namespace, from <c>/proc/PID/net/tcp</c> and <c>tcp6</c>.</summary>
/// <param name="Remote">The other end; an IPv4 address mapped into IPv6 is the IPv4 address that it means.</param>
/// <param name="Inode">Its number in <c>/proc/PID/fd</c>.</param>
readonly record struct Connection(int LocalPort, IPAddress Remote, int RemotePort, string Inode)
{
    const int TableLimit = 16 << 20;
    const string Established = "01";

    /// <summary>Those in the network namespace of a process; none where it has ended.</summary>
    /// <exception cref="IOException">A table is unreadable, or larger than 16 MiB (a hundred thousand connections).</exception>
    public static IEnumerable<Connection> InNamespaceOf(Machine machine, int pid)
    {
        foreach (var table in new[] { "tcp", "tcp6" })
            foreach (var line in (machine.ReadText($"/proc/{pid}/net/{table}", TableLimit) ?? "").Split('\n'))
                // Number, local, remote, state, queues, timer, retransmits, uid, time-out, inode.
                if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var local, var remote, Established, _, _, _, _, _, var inode, ..]
                    && End(local) is { } here && End(remote) is { } there) yield return new Connection(here.Port, there.Address, there.Port, inode);
    }

    /// <summary>The sockets among the first <paramref name="limit"/> descriptors of a process.</summary>
    /// <exception cref="IOException">That takes CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH.</exception>
    public static HashSet<string> SocketsOf(Machine machine, int pid, int limit = int.MaxValue)
    {
        var sockets = new HashSet<string>();
        foreach (var descriptor in (machine.ListNumbers($"/proc/{pid}/fd") ?? []).Take(limit))
            if (machine.ReadLink($"/proc/{pid}/fd/{descriptor}") is ['s', 'o', 'c', 'k', 'e', 't', ':', '[', .. var inode, ']']) sockets.Add(inode);
        return sockets;
    }

    /// <summary><c>0100007F:1F90</c>: words in the host's byte order (little endian), in hexadecimal.</summary>
    static (IPAddress Address, int Port)? End(string text)
    {
        if (text.Split(':') is not [{ Length: 8 or 32 } digits, var port] || !ushort.TryParse(port, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)) return null;
        var bytes = new byte[digits.Length / 2];
        for (var i = 0; i < bytes.Length; i++)
            if (!byte.TryParse(digits.AsSpan((i / 4 * 4 + 3 - i % 4) * 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[i])) return null;
        return (BoundSocket.AddressOf(bytes), number);
    }
}
