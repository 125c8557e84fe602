using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ports;

/// <summary>One line of the policy in force. Where it names units, programs or a user, the holder must be one of them.</summary>
/// <param name="Source">Who says so, for messages: <c>role tomcat</c>, <c>ports.allow[2]</c>.</param>
/// <param name="Ports">A required entry wants a listener on one of them.</param>
/// <param name="Exception">Set where it is tolerated for a time only.</param>
sealed record PolicyEntry(
    string Source, Protocol Protocol, IReadOnlyList<PortRange> Ports, IReadOnlyList<string> Units, IReadOnlyList<string> Programs,
    string? User, Reach Reach, bool Required, PortException? Exception = null)
{
    /// <summary>What it may speak; null: the entry does not say.</summary>
    public Wire? Wire { get; init; }

    /// <summary>The names by which clients know it.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The site wrote it; else it is built in.</summary>
    public bool IsSites => Source.StartsWith("ports.", StringComparison.Ordinal);

    public bool NamesHolder => Units.Count > 0 || Programs.Count > 0 || User is not null;

    /// <summary>The subject of a required entry: <c>tcp 5432 postgresql@*.service</c>.</summary>
    public string Subject
    {
        get
        {
            var holder = Units.Count > 0 ? string.Join(',', Units) : Programs.Count > 0 ? string.Join(',', Programs) : User;
            var ports = $"{Protocol.ToString().ToLowerInvariant()} {string.Join(',', Ports)}";
            return holder is null ? ports : $"{ports} {holder}";
        }
    }
}

/// <summary>The port policy in force: the base and roles that are built in, and what the site adds.</summary>
sealed class PortPolicy
{
    readonly Dictionary<(Protocol, int), List<PolicyEntry>> byPort = [];
    readonly List<(Protocol Protocol, PortRange Ports, PolicyEntry Entry)> byRange = [];

    public IReadOnlyList<PolicyEntry> Entries { get; }

    /// <summary>Roles without a built-in policy: what they would allow is not known.</summary>
    public IReadOnlyList<string> UnknownRoles { get; }

    PortPolicy(IReadOnlyList<PolicyEntry> entries, IReadOnlyList<string> unknownRoles)
    {
        (Entries, UnknownRoles) = (entries, unknownRoles);
        foreach (var entry in entries)
            foreach (var ports in entry.Ports)
                if (ports.First != ports.Last) byRange.Add((entry.Protocol, ports, entry));
                else if (byPort.TryGetValue((entry.Protocol, ports.First), out var list)) list.Add(entry);
                else byPort[(entry.Protocol, ports.First)] = [entry];
    }

    /// <summary>Null where neither a role nor an allowed port is configured: then there is nothing to judge by.</summary>
    /// <exception cref="FormatException">An entry names a protocol that does not exist.</exception>
    public static PortPolicy? Of(Settings settings)
    {
        if (settings.Roles.Count == 0 && settings.Ports.Allow.Count == 0) return null;
        var entries = new List<PolicyEntry>();
        if (settings.Roles.Count > 0) entries.AddRange(RolePolicies.Base);
        foreach (var role in settings.Roles.Distinct())
            if (RolePolicies.ByRole.TryGetValue(role, out var own)) entries.AddRange(own);
        entries.AddRange(settings.Ports.Allow.Select((entry, index) => Of(entry, $"ports.allow[{index}]")));
        entries.AddRange(settings.Ports.Exceptions.Select((entry, index) => Of(entry, $"ports.exceptions[{index}]") with { Exception = entry, Required = false }));
        return new PortPolicy(entries, [.. settings.Roles.Where(role => !RolePolicies.ByRole.ContainsKey(role)).Distinct()]);
    }

    /// <summary>The entries that speak of this port.</summary>
    public List<PolicyEntry> For(Protocol protocol, int port)
    {
        var exact = byPort.GetValueOrDefault((protocol, port));
        List<PolicyEntry>? found = null;
        foreach (var range in byRange)
            if (range.Protocol == protocol && range.Ports.Contains(port)) (found ??= [.. exact ?? []]).Add(range.Entry);
        return found ?? exact ?? [];
    }

    static PolicyEntry Of(PortEntry entry, string source)
    {
        var protocol = entry.Protocol switch
        {
            "tcp" => Protocol.Tcp,
            "udp" => Protocol.Udp,
            "sctp" => Protocol.Sctp,
            "raw" => Protocol.Raw,
            _ => throw new FormatException($"{source}: no protocol '{entry.Protocol}', expected tcp, udp, sctp or raw"),
        };
        return new PolicyEntry(source, protocol, [entry.Port], entry.Unit is null ? [] : [entry.Unit], entry.Program is null ? [] : [entry.Program], entry.User, entry.Reach, entry.Required) { Wire = entry.Wire, Names = entry.Names };
    }
}
