using System.Globalization;
using System.Net;
using System.Text;

namespace Ratchet.Agent.Probes;

/// <summary>An established TCP connection of a network namespace, from <c>/proc/PID/net/tcp</c> and <c>tcp6</c>.</summary>
/// <param name="Remote">The other end; an IPv4 address mapped into IPv6 is the IPv4 address that it means.</param>
/// <param name="Inode">Its number in <c>/proc/PID/fd</c>.</param>
readonly record struct TcpConnection(int LocalPort, IPAddress Remote, int RemotePort, string Inode)
{
    /// <summary>Those in the network namespace of a process. Looked at once a sweep: the kernel goes through its whole table.</summary>
    /// <exception cref="IOException">The process has ended, or may not be looked at.</exception>
    public static IReadOnlyList<TcpConnection> InNamespaceOf(Machine machine, int pid) =>
        machine.Share(("TCP connections", machine.ReadLink($"/proc/{pid}/ns/net") ?? $"{pid}"), host => Read(host, pid));

    static IReadOnlyList<TcpConnection> Read(Machine machine, int pid)
    {
        var found = new List<TcpConnection>();
        if (!ProcLines.Read(machine, $"/proc/{pid}/net/tcp", See)) throw new IOException($"process {pid} has ended");
        // Missing where the kernel has no IPv6.
        ProcLines.Read(machine, $"/proc/{pid}/net/tcp6", See);
        return found;

        bool See(ReadOnlySpan<byte> line)
        {
            if (line.IndexOf(Established) >= 0 && Parse(Encoding.ASCII.GetString(line)) is { } connection) found.Add(connection);
            return true;
        }
    }

    static ReadOnlySpan<byte> Established => " 01 "u8;

    /// <summary>Number, local, remote, state, queues, timer, retransmits, uid, time-out, inode; null for another state.</summary>
    static TcpConnection? Parse(string line) =>
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var local, var remote, "01", _, _, _, _, _, var inode, ..] && End(local) is { } here && End(remote) is { } there
            ? new TcpConnection(here.Port, there.Address, there.Port, inode) : null;

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
