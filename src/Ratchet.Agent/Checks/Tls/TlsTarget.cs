using System.Net;
using System.Net.Sockets;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tls;

/// <summary>A listener that the rules speak of, and what the port policy says of it.</summary>
/// <param name="Wire">How it is marked; null: not.</param>
/// <param name="Names">The names by which clients know it.</param>
sealed record TlsTarget(Listener Listener, Wire? Wire, IReadOnlyList<string> Names, Approach Approach)
{
    /// <summary>
    /// What can be reached from other hosts, and what the site itself marks, by the last entry of the policy that marks the listener in
    /// all its holders' hands.
    /// </summary>
    public static IReadOnlyList<TlsTarget> Choose(PortSurvey survey, PortPolicy? policy, Machine machine)
    {
        var (targets, today) = (new List<TlsTarget>(), DateOnly.FromDateTime(machine.Now.UtcDateTime));
        foreach (var listener in survey.Listeners)
        {
            if (listener.Protocol != Protocol.Tcp) continue;
            var entries = policy?.For(Protocol.Tcp, listener.Port).FindAll(entry => (entry.Exception is null || today <= entry.Exception.Expires) && HolderMatch.Worst([entry], listener) == Match.Yes) ?? [];
            // What a role says of a port is said of other hosts' view: behind a proxy, the same port on loopback is nobody's business.
            var mark = entries.FindLast(entry => entry.Wire is not null && (listener.Reach != Reach.Loopback || entry.IsSites));
            if (listener.Reach == Reach.Loopback && mark?.Wire is not (Configuration.Wire.Tls or Configuration.Wire.Redirect)) continue;
            string[] names = [.. entries.SelectMany(entry => entry.Names).Distinct(StringComparer.OrdinalIgnoreCase)];
            targets.Add(new TlsTarget(listener, mark?.Wire, names, Approach.To(listener, mark?.Wire, mark?.Source, machine)));
        }
        return targets;
    }

    /// <summary>Where it is asked. The wildcard is reached through loopback, which no ban of a noisy address ever touches.</summary>
    public IPEndPoint EndPoint => new(!IsWild ? Listener.Address : TakesIPv4 ? IPAddress.Loopback : IPAddress.IPv6Loopback, Listener.Port);

    /// <summary>Where it is asked for a page: a wildcard through an address of the host's own, for a server may be kinder to loopback.</summary>
    public IPEndPoint PageEndPoint(IReadOnlyList<IPAddress> own) =>
        IsWild && own.FirstOrDefault(address => address.AddressFamily == EndPoint.AddressFamily && !address.IsIPv6LinkLocal) is { } address
            ? new IPEndPoint(address, Listener.Port)
            : EndPoint;

    /// <summary>Through which of the host's own addresses a wildcard is looked at besides: other hosts call those, and servers may differ by them.</summary>
    public IReadOnlyList<IPEndPoint> OtherPlaces(IReadOnlyList<IPAddress> own) =>
        IsWild ? [.. own.Where(address => !address.IsIPv6LinkLocal && (address.AddressFamily == AddressFamily.InterNetwork ? TakesIPv4 : Listener.Address.Equals(IPAddress.IPv6Any))).Take(PlaceLimit).Select(address => new IPEndPoint(address, Listener.Port))] : [];

    /// <summary>A host with many bridges has an address on each.</summary>
    const int PlaceLimit = 8;

    /// <summary>An address that is bound and not (or no longer) the host's own, as of a virtual address that moved, would be another host.</summary>
    public bool IsElsewhere(IReadOnlyList<IPAddress> own) =>
        !IsWild && !IPAddress.IsLoopback(Listener.Address) && !own.Contains(Listener.Address);

    bool IsWild => Listener.Address.Equals(IPAddress.Any) || Listener.Address.Equals(IPAddress.IPv6Any);

    bool TakesIPv4 => Listener.Dual == true || Listener.Address.Equals(IPAddress.Any);
}
