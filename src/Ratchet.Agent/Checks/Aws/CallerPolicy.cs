using System.Net;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Aws;

/// <summary>What the site's policy says of a source that may touch a listener.</summary>
enum Welcome
{
    Yes,
    Unclear,
    No,
}

/// <summary>
/// Who may touch what. Databases: the application group alone. Elsewhere applications and web servers: load balancer and application
/// group; SSH: operators; ports 80 and 443 of a web server: everybody. <c>aws.openings</c> adds to it.
/// </summary>
sealed class CallerPolicy(AwsSettings settings, IReadOnlyList<string> roles)
{
    const int SshPort = 22;

    static readonly IPNetwork[] Inside =
    [
        new(new IPAddress([10, 0, 0, 0]), 8), new(new IPAddress([172, 16, 0, 0]), 12), new(new IPAddress([192, 168, 0, 0]), 16), new(new IPAddress([100, 64, 0, 0]), 10), new(new IPAddress([169, 254, 0, 0]), 16),
        new(new IPAddress([127, 0, 0, 0]), 8), new(IPAddress.Parse("fc00::"), 7), new(IPAddress.Parse("fe80::"), 10),
    ];

    readonly Caller[] loadBalancer = Callers(settings.Groups.LoadBalancer), application = Callers(settings.Groups.Application), operators = Callers(settings.Groups.Operators);
    readonly (PortRange Port, Caller[] From)[] openings = [.. settings.Openings.Select(opening => (opening.Port, Callers(opening.From)))];

    bool IsDatabase => roles.Contains("postgres");

    bool IsEmpty => loadBalancer.Length + application.Length + operators.Length + openings.Length == 0;

    /// <summary>What a source is called in messages: <c>the internet (0.0.0.0/0)</c>, <c>the application group (sg-…)</c>.</summary>
    public string Name(GroupRule rule) =>
        IsPublic(rule) ? rule.Range!.Value.PrefixLength == 0 ? $"the internet ({rule.Source})" : $"public addresses ({rule.Source})"
        : Has(application, rule) ? $"the application group ({rule.Source})"
        : Has(loadBalancer, rule) ? $"the load balancer ({rule.Source})"
        : Has(operators, rule) ? $"operators ({rule.Source})"
        : rule.Source;

    public (Welcome Welcome, string Reason) Judge(GroupRule rule, Listener listener)
    {
        if (openings.Any(opening => opening.Port.Contains(listener.Port) && Has(opening.From, rule))) return (Welcome.Yes, "aws.openings");
        if (IsDatabase)
        {
            if (Has(application, rule)) return (Welcome.Yes, "aws.groups.application");
            return Unwelcome(rule, "a database host is for the application group alone", application.Length == 0 ? "aws.groups.application names no group" : null);
        }
        if (IsSsh(listener)) return Has(operators, rule) ? (Welcome.Yes, "aws.groups.operators") : Unwelcome(rule, "SSH is for operators", operators.Length == 0 && openings.Length == 0 ? "aws.groups.operators names nobody" : null);
        if (roles.Contains("web") && listener is { Protocol: Protocol.Tcp, Port: 80 or 443 }) return (Welcome.Yes, "role web");
        if (Has(loadBalancer, rule) || Has(application, rule)) return (Welcome.Yes, "aws.groups");
        return Unwelcome(rule, "neither aws.groups nor aws.openings names it for this port", IsEmpty ? "aws.groups and aws.openings say of nobody who he is" : null);
    }

    /// <summary>The internet is nobody's group; of others nothing is known where the policy is not written, and of a prefix list what is in it.</summary>
    static (Welcome, string) Unwelcome(GroupRule rule, string reason, string? unwritten) =>
        IsPublic(rule) ? (Welcome.No, reason)
        : unwritten is not null ? (Welcome.Unclear, unwritten)
        : rule.IsPrefixList ? (Welcome.Unclear, "what is in the prefix list cannot be seen; aws.groups or aws.openings may name it")
        : (Welcome.No, reason);

    static bool IsPublic(GroupRule rule) => rule.Range is { } range && !Array.Exists(Inside, inside => Contains(inside, range));

    static bool Has(Caller[] callers, GroupRule rule) => Array.Exists(callers, caller => caller.Range is { } known ? rule.Range is { } range && Contains(known, range) : caller.Id == rule.Source);

    static bool Contains(IPNetwork outer, IPNetwork inner) => outer.PrefixLength <= inner.PrefixLength && outer.Contains(inner.BaseAddress);

    static bool IsSsh(Listener listener) => listener.Protocol == Protocol.Tcp && (listener.Port == SshPort || listener.Holders.Any(holder => Path.GetFileName(holder.Program) is "sshd") || listener.Socket?.Name is "ssh.socket" or "sshd.socket");

    static Caller[] Callers(IReadOnlyList<string> names) => [.. names.Select(name => new Caller(name, GroupRule.Network(name)))];

    sealed record Caller(string Id, IPNetwork? Range);
}
