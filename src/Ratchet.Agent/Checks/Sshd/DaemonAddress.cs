using System.Net;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>A TCP address that a daemon listens on.</summary>
sealed record DaemonAddress(IPAddress Address, int Port)
{
    /// <summary>Where it can be connected to from this host: the wildcard is reached through loopback.</summary>
    public IPEndPoint EndPoint => new(
        Address.Equals(IPAddress.Any) ? IPAddress.Loopback : Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : Address, Port);

    /// <summary>The listening sockets of a process, in its own network namespace.</summary>
    /// <exception cref="IOException">They cannot be seen.</exception>
    public static IReadOnlyList<DaemonAddress> Of(Machine machine, int pid)
    {
        var sockets = new List<BoundSocket>();
        try
        {
            ProcNet.TryRead(machine, $"/proc/{pid}/net", Protocol.Tcp, sockets);
        }
        catch (FormatException e)
        {
            throw new IOException(e.Message, e);
        }
        var owners = SocketOwners.Find(machine, [pid], sockets.Select(socket => socket.Inode), [], CancellationToken.None);
        if (owners.Hidden > 0) throw new IOException($"the sockets of process {pid} may not be looked at without CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH");
        return [.. sockets.Where(socket => owners.Of(socket.Inode).Count > 0).Select(socket => new DaemonAddress(socket.Address, socket.Port)).Distinct()];
    }
}
