using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ports;

/// <summary>
/// Listeners whose port the kernel chose: RMI of a JVM's remote management (JMX) and its local connector, NFS, rpc.statd. After a restart
/// it is another, and a subject with the port in it would open an alert at each. They are called by the range instead and by who
/// holds them, and counted, so that each is judged by itself and one more is a subject that was not there before.
/// </summary>
/// <remarks>
/// The kernel does not tell whether a program asked for its port. A port of the client range (ip_local_port_range) is taken to be chosen
/// unless the policy names it alone or a socket unit declares it. A range of the policy within that range is a name of its own.
/// </remarks>
static class ChancePorts
{
    /// <summary>The same survey, its listeners called so that their subjects outlive a restart.</summary>
    public static PortSurvey Named(this PortSurvey survey, PortPolicy? policy)
    {
        List<(Listener Listener, PortRange Range)>? chosen = null;
        foreach (var listener in survey.Listeners)
            if (RangeOf(listener, survey.Ephemeral, policy) is { } range) (chosen ??= []).Add((listener, range));
        if (chosen is null) return survey;
        var named = chosen.Select(entry => (Was: entry.Listener, Is: entry.Listener with { Chance = entry.Range })).GroupBy(pair => pair.Is.Subject)
            .SelectMany(alike => alike.OrderBy(pair => First(pair.Is)?.Program, StringComparer.Ordinal).ThenBy(pair => First(pair.Is)?.User, StringComparer.Ordinal).ThenBy(pair => pair.Is.Port)
                .Select((pair, index) => (pair.Was, Is: pair.Is with { Number = index + 1 })))
            .ToDictionary(pair => pair.Was.Subject, pair => pair.Is);
        return survey with { Listeners = [.. survey.Listeners.Select(listener => named.GetValueOrDefault(listener.Subject, listener))] };
    }

    static Holder? First(Listener listener) => listener.Holders is [var first, ..] ? first : null;

    /// <summary>The narrowest range that speaks of the port; null where the port is the listener's own.</summary>
    static PortRange? RangeOf(Listener listener, PortRange ephemeral, PortPolicy? policy)
    {
        if (listener.Protocol == Protocol.Raw || listener.Socket is not null || !ephemeral.Contains(listener.Port)) return null;
        var entries = policy?.For(listener.Protocol, listener.Port) ?? [];
        // UDP of which nobody speaks is taken for clients, which are listed as they are.
        if (listener.Protocol == Protocol.Udp && entries.Count == 0) return null;
        var narrowest = ephemeral;
        foreach (var ports in entries.SelectMany(entry => entry.Ports).Where(ports => ports.Contains(listener.Port)))
            if (ports.First == ports.Last) return null;
            else if (ports.Last - ports.First < narrowest.Last - narrowest.First) narrowest = ports;
        return narrowest;
    }
}
