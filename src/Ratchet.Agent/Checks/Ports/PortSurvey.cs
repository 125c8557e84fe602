using System.Globalization;
using System.Net;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ports;

/// <summary>Everything that listens on a machine, in all its network namespaces, and what could not be seen.</summary>
/// <param name="Listeners">Distinct subjects, by protocol, port and address.</param>
/// <param name="Ephemeral">The ports that the kernel gives to clients (ip_local_port_range).</param>
/// <param name="EmptyNamespaces">Names of network namespaces that cannot be looked into, because no process is in them.</param>
/// <param name="HiddenNamespaces">Some processes did not show in which network namespace they are.</param>
/// <param name="HiddenProcesses">Some processes did not show what they hold.</param>
sealed record PortSurvey(
    IReadOnlyList<Listener> Listeners, PortRange Ephemeral, IReadOnlyList<string> EmptyNamespaces, bool HiddenNamespaces, bool HiddenProcesses)
{
    static readonly Protocol[] Protocols = [Protocol.Tcp, Protocol.Udp, Protocol.Sctp, Protocol.Raw];

    /// <param name="orphans">What <see cref="SocketOwners.Find"/> remembers from one survey to the next.</param>
    public static PortSurvey Look(Machine machine, HashSet<ulong> orphans, CancellationToken cancel) =>
        machine.Share("listeners", shared => LookAnew(shared, orphans, cancel));

    static PortSurvey LookAnew(Machine machine, HashSet<ulong> orphans, CancellationToken cancel)
    {
        var processes = new ProcessTable(machine);
        var ids = processes.Ids();
        var namespaces = NetworkNamespaces.Find(machine, ids);
        var spaces = new List<(string? Label, List<BoundSocket> Sockets)> { (null, OwnSockets(machine)) };
        foreach (var space in namespaces.Others)
            if (SocketsOf(machine, space) is { } sockets) spaces.Add((NamespaceLabel.Of(space, processes), sockets));
        var owners = SocketOwners.Find(machine, ids, spaces.SelectMany(space => space.Sockets).Select(socket => socket.Inode), orphans, cancel);
        var holders = new Holders(machine, processes, owners);
        var listeners = new Dictionary<string, Listener>();
        foreach (var (label, sockets) in spaces)
            foreach (var socket in sockets)
                Add(listeners, holders.Listener(socket, label));
        return new PortSurvey(
            [.. listeners.Values.OrderBy(listener => ((int)listener.Protocol << 16) | listener.Port)], EphemeralPorts(machine),
            namespaces.Empty, namespaces.Hidden > 0, owners.Hidden > 0);
    }

    /// <summary>The sockets of the namespace that the agent is in.</summary>
    /// <exception cref="IOException">There is no table of TCP sockets: what listens cannot be said.</exception>
    public static List<BoundSocket> OwnSockets(Machine machine)
    {
        var sockets = new List<BoundSocket>();
        foreach (var protocol in Protocols)
        {
            if (machine.IsLive && protocol != Protocol.Raw && SocketDiag.TryRead(protocol, sockets)) continue;
            if (!ProcNet.TryRead(machine, "/proc/net", protocol, sockets) && protocol is Protocol.Tcp or Protocol.Udp)
                throw new IOException($"/proc/net has no table of {protocol.ToString().ToLowerInvariant()} sockets");
        }
        return sockets;
    }

    /// <summary>
    /// The sockets of another namespace, through the first of its processes that lives long enough; null where all have ended.
    /// A process that has left the namespace while it was read does not count.
    /// </summary>
    public static List<BoundSocket>? SocketsOf(Machine machine, NetworkNamespace space)
    {
        foreach (var process in space.Processes)
        {
            var sockets = new List<BoundSocket>();
            var read = Protocols.Count(protocol => ProcNet.TryRead(machine, $"/proc/{process}/net", protocol, sockets));
            if (read > 0 && NetworkNamespaces.LinkOf(machine, $"{process}") == space.Link) return sockets;
        }
        return null;
    }

    /// <summary>Sockets that share an address (SO_REUSEPORT) under one owner are one listener, held by all of their holders.</summary>
    static void Add(Dictionary<string, Listener> listeners, Listener listener)
    {
        if (listeners.TryAdd(listener.Subject, listener)) return;
        var first = listeners[listener.Subject];
        listeners[listener.Subject] = first with
        {
            Holders = first.Holders.SequenceEqual(listener.Holders) ? first.Holders : [.. first.Holders.Union(listener.Holders)],
            Processes = [.. first.Processes.Union(listener.Processes).Order()],
            Inodes = [.. first.Inodes.Union(listener.Inodes).Order()],
        };
    }

    public static PortRange EphemeralPorts(Machine machine)
    {
        var text = machine.ReadText("/proc/sys/net/ipv4/ip_local_port_range")?.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);
        // Linux's default, for recorded hosts that do not have the file.
        return text is [var first, var last] ? new PortRange(int.Parse(first, CultureInfo.InvariantCulture), int.Parse(last, CultureInfo.InvariantCulture)) : new PortRange(32768, 60999);
    }

    /// <summary>Turns sockets into listeners. Processes are described once, and only those that hold a socket.</summary>
    sealed class Holders(Machine machine, ProcessTable processes, SocketOwners owners)
    {
        readonly UserNames users = new(machine);
        readonly SocketUnits units = new(new UnitFiles(machine));
        readonly Dictionary<int, Holder?> described = [];
        readonly Dictionary<int, Holder[]> alone = [];

        public Listener Listener(BoundSocket socket, string? label)
        {
            var ids = owners.Of(socket.Inode);
            var holders = Of(ids);
            var unit = holders.Any(holder => holder.IsSystemd) ? units.Of(socket) : null;
            bool? dual = socket.Address.Equals(IPAddress.IPv6Any) && socket.V6Only is { } only ? !only : null;
            return new Listener(socket.Protocol, socket.Address, socket.Port, dual, holders, unit, label) { Processes = ids, Inodes = [socket.Inode] };
        }

        /// <summary>The owner first: not systemd, then who has a lasting unit, then by name.</summary>
        Holder[] Of(IReadOnlyList<int> ids)
        {
            if (ids is [var only]) return alone.TryGetValue(only, out var known) ? known : alone[only] = Describe(only) is { } holder ? [holder] : [];
            return
            [
                .. ids.Select(Describe).OfType<Holder>().Distinct().OrderBy(holder => holder.IsSystemd).ThenBy(holder => holder.Owner != holder.Unit)
                    .ThenBy(holder => holder.Owner, StringComparer.Ordinal).ThenBy(holder => holder.Program, StringComparer.Ordinal).ThenBy(holder => holder.User, StringComparer.Ordinal),
            ];
        }

        Holder? Describe(int id)
        {
            if (described.TryGetValue(id, out var known)) return known;
            var process = processes.Describe(id);
            return described[id] = process is null ? null : new Holder(process.Executable, process.Deleted, users.Of(process.Uid), process.Unit,
                UnitName.Container(process.ControlGroup), id == 1 && process.Name == "systemd");
        }
    }
}
