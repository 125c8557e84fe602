using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Text;

namespace Ratchet.Agent.Probes;

/// <summary>
/// The bound sockets of a network namespace from <c>/proc/net</c> or <c>/proc/PID/net</c>: <c>tcp tcp6 udp udp6 raw raw6
/// sctp/eps</c>. For namespaces that are not ours, for recorded hosts and for kernels without sock_diag.
/// </summary>
/// <remarks>
/// A line of tcp (proc(5)): <c>0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 31337 1 …</c>, that
/// is number, local address, remote address, state, queues, timer, retransmits, uid, time-out and inode.
/// Addresses are words in the host's byte order, in hexadecimal.
/// </remarks>
static class ProcNet
{
    // Half a million connections; a table that grows beyond is not read to its end.
    const int TableLimit = 96 << 20;
    const int Listen = 10, Close = 7;

    /// <summary>Adds the sockets of one protocol.</summary>
    /// <param name="directory"><c>/proc/net</c> or <c>/proc/PID/net</c>.</param>
    /// <returns>False where there is no such table: the process has ended, or the kernel does not know the protocol.</returns>
    /// <exception cref="IOException">A table is unreadable.</exception>
    /// <exception cref="FormatException">A table is cut off or is no socket table.</exception>
    public static bool TryRead(Machine machine, string directory, Protocol protocol, List<BoundSocket> sockets)
    {
        if (protocol == Protocol.Sctp) return TryReadTable(machine, directory + "/sctp/eps", Protocol.Sctp, sockets);
        var name = protocol switch { Protocol.Tcp => "tcp", Protocol.Udp => "udp", _ => "raw" };
        var start = sockets.Count;
        if (!TryReadTable(machine, $"{directory}/{name}", protocol, sockets)) return false;
        TryReadTable(machine, $"{directory}/{name}6", protocol, sockets);
        GuessV6Only(sockets, start);
        return true;
    }

    static bool TryReadTable(Machine machine, string path, Protocol protocol, List<BoundSocket> sockets)
    {
        using var handle = machine.OpenFile(path);
        if (handle is null) return false;
        var buffer = new byte[64 << 10];
        var (filled, offset, header) = (0, 0L, true);
        while (true)
        {
            var count = RandomAccess.Read(handle, buffer.AsSpan(filled), offset);
            if (count == 0) break;
            (filled, offset) = (filled + count, offset + count);
            if (offset > TableLimit) throw new IOException($"{path}: has more than the {TableLimit} bytes that are read");
            var rest = buffer.AsSpan(0, filled);
            while (rest.IndexOf((byte)'\n') is >= 0 and var end)
            {
                var line = rest[..end];
                rest = rest[(end + 1)..];
                if (header) header = IsHeader(line, protocol) ? false : throw new FormatException($"{path}: is not a table of sockets");
                // The kernel lists the listeners first: what follows the first connection need not be read.
                else if (!Add(line, protocol, path, sockets) && protocol == Protocol.Tcp && machine.IsLive) return true;
            }
            rest.CopyTo(buffer);
            filled = rest.Length;
            if (filled == buffer.Length) throw new FormatException($"{path}: has a line without an end");
        }
        if (header || filled > 0) throw new FormatException($"{path}: is cut off");
        return true;
    }

    static bool IsHeader(ReadOnlySpan<byte> line, Protocol protocol) =>
        protocol == Protocol.Sctp ? line.IndexOf("LADDRS"u8) >= 0 : line.IndexOf("local_address"u8) >= 0;

    /// <summary>Adds the socket of a line where it takes what strangers send.</summary>
    /// <returns>Whether it does.</returns>
    static bool Add(ReadOnlySpan<byte> line, Protocol protocol, string path, List<BoundSocket> sockets)
    {
        try
        {
            return protocol == Protocol.Sctp ? AddEndpoint(line, sockets) : AddSocket(line, protocol, sockets);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentOutOfRangeException)
        {
            throw new FormatException($"{path}: a line that is no socket", e);
        }
    }

    static bool AddSocket(ReadOnlySpan<byte> line, Protocol protocol, List<BoundSocket> sockets)
    {
        Next(ref line);
        var local = Next(ref line);
        var remote = Next(ref line);
        var state = Hex(Next(ref line));
        for (var skipped = 0; skipped < 3; skipped++) Next(ref line);
        var uid = (uint)Number(Next(ref line));
        Next(ref line);
        var inode = Number(Next(ref line));
        var (address, v6, port) = Endpoint(local);
        if (state != (protocol == Protocol.Tcp ? Listen : Close) || Endpoint(remote).Port != 0) return false;
        sockets.Add(new BoundSocket(protocol, BoundSocket.AddressOf(address.AsSpan(0, v6 ? 16 : 4)), port, null, uid, inode));
        return true;
    }

    /// <summary>A line of sctp/eps: endpoint, socket, style, state, bucket, port, uid, inode, then the local addresses.</summary>
    static bool AddEndpoint(ReadOnlySpan<byte> line, List<BoundSocket> sockets)
    {
        for (var skipped = 0; skipped < 3; skipped++) Next(ref line);
        var state = Number(Next(ref line));
        Next(ref line);
        var port = (int)Number(Next(ref line));
        var (uid, inode) = ((uint)Number(Next(ref line)), Number(Next(ref line)));
        if (state != Listen) return false;
        while (!line.Trim((byte)' ').IsEmpty)
        {
            var text = Next(ref line).TrimStart((byte)'*');
            var address = IPAddress.Parse(Encoding.ASCII.GetString(text));
            sockets.Add(new BoundSocket(Protocol.Sctp, BoundSocket.AddressOf(address.GetAddressBytes()), port, null, uid, inode));
        }
        return true;
    }

    /// <summary>
    /// These tables do not say whether an IPv6 wildcard takes IPv4 too. Where an IPv4 wildcard has the same port it cannot;
    /// elsewhere it is taken to, which is the kernel's default. A raw IPv6 socket never takes IPv4.
    /// </summary>
    static void GuessV6Only(List<BoundSocket> sockets, int start)
    {
        var v4 = new HashSet<int>();
        for (var i = start; i < sockets.Count; i++)
            if (sockets[i].Address.Equals(IPAddress.Any)) v4.Add(sockets[i].Port);
        for (var i = start; i < sockets.Count; i++)
            if (sockets[i].Address.Equals(IPAddress.IPv6Any)) sockets[i] = sockets[i] with { V6Only = sockets[i].Protocol == Protocol.Raw || v4.Contains(sockets[i].Port) };
    }

    static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> line)
    {
        line = line.TrimStart((byte)' ');
        var end = line.IndexOf((byte)' ');
        var word = end < 0 ? line : line[..end];
        line = line[word.Length..];
        return word.IsEmpty ? throw new FormatException("too few words") : word;
    }

    static (byte[] Address, bool V6, int Port) Endpoint(ReadOnlySpan<byte> text)
    {
        var colon = text.IndexOf((byte)':');
        if (colon is not (8 or 32)) throw new FormatException("no address");
        var address = new byte[16];
        for (var word = 0; word < colon / 8; word++)
            BinaryPrimitives.WriteUInt32LittleEndian(address.AsSpan(word * 4), (uint)Hex(text.Slice(word * 8, 8)));
        var port = Hex(text[(colon + 1)..]);
        return (address, colon == 32, port <= ushort.MaxValue ? (int)port : throw new FormatException("no port"));
    }

    static ulong Number(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out ulong value, out var used) && used == text.Length ? value : throw new FormatException("no number");

    static long Hex(ReadOnlySpan<byte> text) => long.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
