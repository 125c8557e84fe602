using System.Net;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ports;

/// <summary>A process, or several that look the same, with a socket in hand.</summary>
/// <param name="Program">Path of the executable; null where it may not be read.</param>
/// <param name="Deleted">The executable has been removed or replaced since the start.</param>
/// <param name="User">Name of the account, or its number.</param>
/// <param name="Unit">The systemd unit, whatever it is called.</param>
/// <param name="Container">The container by its cgroup: <c>docker:0123456789ab</c>.</param>
/// <param name="IsSystemd">Pid 1, and it is systemd: it holds sockets for the services that it starts.</param>
sealed record Holder(string? Program, bool Deleted, string User, string? Unit, string? Container, bool IsSystemd)
{
    /// <summary>What it is called in a subject: the unit where its name survives a restart, else the program, else the user.</summary>
    public string Owner { get; } = Unit is not null && UnitName.IsStable(Unit) ? Unit : Program ?? User;
}

/// <summary>An open door of the host: what is bound, and who holds it.</summary>
/// <param name="Dual">An IPv6 wildcard that takes IPv4 too; null where that is not known or there is nothing to know.</param>
/// <param name="Holders">Distinct, the owner first; empty where nobody is known to hold it.</param>
/// <param name="Socket">The socket unit that opened it, where pid 1 holds it.</param>
/// <param name="Namespace">Label of its network namespace; null for our own.</param>
sealed record Listener(
    Protocol Protocol, IPAddress Address, int Port, bool? Dual, IReadOnlyList<Holder> Holders, SocketUnit? Socket, string? Namespace)
{
    /// <summary>The ids of the processes that hold it, ascending.</summary>
    public IReadOnlyList<int> Processes { get; init; } = [];

    /// <summary>The sockets behind it, ascending: others after a restart.</summary>
    public IReadOnlyList<ulong> Inodes { get; init; } = [];

    public string Endpoint { get; } =
        Dual == true ? $"*:{Port}"
        : Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{Address}]:{Port}"
        : $"{Address}:{Port}";

    public string ProtocolName => Protocol switch { Protocol.Tcp => "tcp", Protocol.Udp => "udp", Protocol.Sctp => "sctp", _ => "raw" };

    /// <summary>Only pid 1 holds it: the service that will get it is not running.</summary>
    public bool IsWaiting => Holders is [{ IsSystemd: true }];

    /// <summary>
    /// A waiting socket is called by the service that it is for, so that the subject stays when the service starts and takes it.
    /// </summary>
    public string Owner => Holders switch
    {
        [] => "unattributed",
        [{ IsSystemd: true } only] => Socket?.Service ?? Socket?.Name ?? only.Owner,
        [var first, ..] => first.Owner,
    };

    /// <summary>The range that its port is one of by chance, and so another after a restart; null where the port is its own (<see cref="ChancePorts"/>).</summary>
    public PortRange? Chance { get; init; }

    /// <summary>Which one it is of the listeners that only their chance ports tell apart, from 1.</summary>
    public int Number { get; init; } = 1;

    public string Subject
    {
        get
        {
            var place = Chance is { } range ? $"{Endpoint[..Endpoint.LastIndexOf(':')]}:{range}" : Endpoint;
            return $"{ProtocolName} {place} {Owner}{(Number > 1 ? $" ({Number})" : "")}{(Namespace is null ? "" : $" in {Namespace}")}";
        }
    }

    public Reach Reach => ReachOf(Address);

    /// <summary>What is bound is judged, not which interfaces exist: the wildcard is any.</summary>
    internal static Reach ReachOf(IPAddress address)
    {
        if (IPAddress.IsLoopback(address)) return Reach.Loopback;
        Span<byte> b = stackalloc byte[16];
        address.TryWriteBytes(b, out var length);
        var isPrivate = length == 4
            ? b[0] == 10 || (b[0] == 172 && b[1] is >= 16 and <= 31) || (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254)
            : (b[0] & 0xFE) == 0xFC || address.IsIPv6LinkLocal;
        return isPrivate ? Reach.Private : Reach.Any;
    }

    public Evidence ToEvidence()
    {
        var owner = Holders.Count > 0 ? Holders[0] : null;
        return new Evidence
        {
            { "protocol", ProtocolName },
            { "address", Address.ToString() },
            { "port", Port },
            { "port_by_chance", Chance is null ? null : true },
            { "reach", Reach.ToString().ToLowerInvariant() },
            { "dual_stack", Dual },
            { "executable", owner?.Program },
            { "executable_deleted", owner?.Deleted is true ? true : null },
            { "user", owner?.User },
            { "unit", owner?.Unit },
            { "container", owner?.Container },
            { "socket_unit", Socket?.Name },
            { "namespace", Namespace },
            { "other_holders", Holders.Count < 2 ? null : Holders.Skip(1).Select(holder => $"{holder.Program ?? "?"} ({holder.User}{(holder.Unit is null ? "" : ", " + holder.Unit)})") },
            { "unattributed", Holders.Count == 0 ? true : null },
        };
    }
}
