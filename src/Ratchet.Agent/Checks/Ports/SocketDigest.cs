using System.Buffers.Binary;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ports;

/// <summary>
/// A number that differs when the set of sockets differs, whatever their order. It counts address, port, user and inode, so a
/// restarted service is judged again (cheap, and nothing is shipped where the verdict stays) and so is another program that
/// took over its port. UDP client ports are left out: they come and go with every name look-up.
/// </summary>
static class SocketDigest
{
    public static long Of(Machine machine, CancellationToken cancel) => machine.Share("sockets", shared => OfAll(shared, cancel));

    static long OfAll(Machine machine, CancellationToken cancel)
    {
        var ephemeral = PortSurvey.EphemeralPorts(machine);
        var digest = Sum(PortSurvey.OwnSockets(machine), "", ephemeral);
        foreach (var space in NetworkNamespaces.Find(machine, new ProcessTable(machine).Ids()).Others)
        {
            cancel.ThrowIfCancellationRequested();
            if (PortSurvey.SocketsOf(machine, space) is { } sockets) digest += Sum(sockets, space.Link, ephemeral);
        }
        return (long)digest;
    }

    internal static ulong Sum(IEnumerable<BoundSocket> sockets, string space, PortRange ephemeral)
    {
        var digest = 0ul;
        foreach (var socket in sockets)
            if (socket.Protocol != Protocol.Udp || !ephemeral.Contains(socket.Port)) digest += Hash(socket, space);
        return digest;
    }

    static ulong Hash(BoundSocket socket, string space)
    {
        Span<byte> address = stackalloc byte[16];
        address.Clear();
        socket.Address.TryWriteBytes(address, out var length);
        var hash = Mix(0, ((ulong)socket.Protocol << 32) | ((ulong)length << 16) | (uint)socket.Port);
        hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(address));
        hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(address[8..]));
        hash = Mix(hash, socket.Uid);
        hash = Mix(hash, socket.Inode);
        foreach (var letter in space) hash = Mix(hash, letter);
        return hash;
    }

    /// <summary>The finaliser of SplitMix64.</summary>
    static ulong Mix(ulong hash, ulong value)
    {
        var z = hash + value + 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
