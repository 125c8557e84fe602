using System.Net;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>
/// A door before the database: a program of this host that takes connections of other hosts and passes them on to a server on
/// it. The server sees sessions of the host itself then, and what it says of them says nothing of the clients.
/// </summary>
/// <param name="Name">The program, <c>pgbouncer</c>.</param>
/// <param name="Door">Where it listens, <c>*:6432</c>.</param>
/// <param name="Clients">Connections from other hosts at this moment; null where they cannot be seen.</param>
/// <param name="IsPooler">It speaks the database's protocol; else it passes bytes on, and may put on or take off TLS on either side.</param>
/// <param name="File">Of PgBouncer, what its configuration says; null for others.</param>
sealed record Front(string Name, string Door, int? Clients, bool IsPooler, PgBouncerFile? File)
{
    static readonly string[] Poolers = ["pgbouncer", "pgpool", "odyssey", "pgcat", "pgagroal"];
    static readonly string[] Forwarders = ["haproxy", "nginx", "envoy", "traefik", "stunnel", "stunnel4", "socat", "rinetd"];

    public override string ToString() => $"{Name} on {Door}";

    /// <summary>
    /// Poolers that other hosts can reach, which may have their sessions over a Unix socket; forwarders, and poolers in other network
    /// namespaces, where a connection to this server or a pooler is open, or may be.
    /// </summary>
    /// <param name="ports">Where the server listens.</param>
    /// <param name="isOwn">Whether an address is this host's own.</param>
    public static IReadOnlyList<Front> Find(Machine machine, PortSurvey survey, IEnumerable<int> ports, Func<IPAddress, bool> isOwn)
    {
        var doors = survey.Listeners.Where(listener => listener.Protocol == Protocol.Tcp && listener.Processes.Count > 0).Select(listener => (Listener: listener, Name: Known(listener))).Where(door => door.Name is not null).ToList();
        var behind = ports.Concat(doors.Where(door => Poolers.Contains(door.Name)).Select(door => door.Listener.Port)).ToHashSet();
        var (fronts, seen) = (new List<Front>(), new Dictionary<string, IReadOnlyList<TcpConnection>?>());
        foreach (var (listener, name) in doors.Where(door => door.Listener.Reach != Reach.Loopback))
        {
            var space = listener.Namespace ?? "";
            if (!seen.TryGetValue(space, out var all)) seen[space] = all = ConnectionsBeside(machine, listener);
            var isPooler = Poolers.Contains(name);
            if (!(isPooler && space.Length == 0) && !PassesOn(machine, listener, all, behind, isOwn)) continue;
            // What comes into a container from the host's own address may come from anywhere.
            var clients = all?.Count(connection => connection.LocalPort == listener.Port && !(space.Length == 0 ? isOwn(connection.Remote) : IPAddress.IsLoopback(connection.Remote)));
            fronts.Add(new Front(name!, listener.Endpoint + (space.Length == 0 ? "" : $" in {space}"), clients, isPooler, name == "pgbouncer" ? PgBouncerFile.Of(machine, listener.Processes[0]) : null));
        }
        return fronts;
    }

    static string? Known(Listener listener) => listener.Holders.Select(holder => Path.GetFileName(holder.Program)).FirstOrDefault(name => Poolers.Contains(name) || Forwarders.Contains(name));

    static IReadOnlyList<TcpConnection>? ConnectionsBeside(Machine machine, Listener listener)
    {
        try
        {
            return TcpConnection.InNamespaceOf(machine, listener.Processes[0]);
        }
        catch (IOException)
        {
            return null;
        }
    }

    static bool PassesOn(Machine machine, Listener listener, IReadOnlyList<TcpConnection>? all, HashSet<int> behind, Func<IPAddress, bool> isOwn)
    {
        if (all is null) return true;
        var inodes = all.Where(connection => behind.Contains(connection.RemotePort) && isOwn(connection.Remote)).Select(connection => connection.Inode).ToHashSet();
        return inodes.Count > 0 && listener.Processes.Any(process => TcpConnection.SocketsOf(machine, process).Overlaps(inodes));
    }
}
