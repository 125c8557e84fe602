using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ports;

/// <summary>
/// Judges a survey by a policy. A UDP socket on a port of the kernel's client range that no entry speaks of, and no socket
/// unit opened, is taken for a client waiting for its answer: the kernel cannot tell the two apart, and a verdict on each
/// would come and go with every name look-up. They are listed, all in one finding, and not judged.
/// </summary>
sealed class PortVerdicts(PortPolicy policy, DateOnly today)
{
    public IReadOnlyList<Finding> Judge(PortSurvey survey)
    {
        var findings = new List<Finding>((survey.Listeners.Count * 2) + policy.Entries.Count);
        var clients = new List<Listener>();
        foreach (var listener in survey.Listeners)
            if (IsClient(listener, survey.Ephemeral)) clients.Add(listener);
            else AddListener(listener, survey, findings);
        if (clients.Count > 0) findings.Add(Clients(clients, survey.Ephemeral));
        AddUnseen(survey, findings);
        findings.AddRange(policy.Entries.Where(entry => entry.Required).DistinctBy(entry => entry.Subject).Select(entry => Presence(entry, survey)));
        AddUnknownRoles(findings);
        AddEmpty(findings);
        return findings;
    }

    public bool IsClient(Listener listener, PortRange ephemeral) =>
        listener.Protocol == Protocol.Udp && listener.Socket is null && ephemeral.Contains(listener.Port) && policy.For(Protocol.Udp, listener.Port).Count == 0;

    /// <summary>The verdict on one listener, and on its reach where an entry says something about it.</summary>
    void AddListener(Listener listener, PortSurvey survey, List<Finding> findings)
    {
        var (subject, evidence) = (listener.Subject, listener.ToEvidence());
        var entries = policy.For(listener.Protocol, listener.Port);
        var lasting = entries.Exists(entry => entry.Exception is not null) ? entries.FindAll(entry => entry.Exception is null) : entries;
        var match = HolderMatch.Worst(lasting, listener);
        if (match == Match.No && lasting.Count < entries.Count)
        {
            var current = entries.FindAll(entry => entry.Exception is null || today <= entry.Exception.Expires);
            if (HolderMatch.Worst(current, listener) is > Match.No and var tolerated) (match, lasting) = (tolerated, current);
        }
        var used = match == Match.Yes ? lasting.FindAll(entry => Allows(entry, listener)) : [];
        var expected = match switch
        {
            Match.Yes => Allowed(listener, subject, used, evidence),
            Match.Unseen => Finding.Unknown(PortRules.ExpectedOnly, subject, Unseen(listener, survey.HiddenProcesses), evidence),
            _ => Refused(listener, subject, lasting, entries, evidence),
        };
        findings.Add(expected);
        if (match != Match.No) findings.Add(Reached(listener, subject, used, expected, evidence));
    }

    static Finding Allowed(Listener listener, string subject, List<PolicyEntry> used, Evidence evidence)
    {
        var entry = used.Find(entry => entry.Exception is not null) ?? used[0];
        return Finding.Pass(PortRules.ExpectedOnly, subject, entry.Exception is { } exception
            ? $"{Who(listener)}: tolerated until {exception.Expires:yyyy-MM-dd} by {exception.Owner}: {exception.Reason}"
            : $"{Who(listener)}, as {entry.Source} allows", evidence);
    }

    Finding Refused(Listener listener, string subject, List<PolicyEntry> lasting, List<PolicyEntry> all, Evidence evidence)
    {
        var rule = PortRules.ExpectedOnly;
        if (policy.UnknownRoles.Count > 0)
            return Finding.Unknown(rule, subject, $"{Who(listener)}: no entry allows it, but what role {policy.UnknownRoles[0]} allows is not known", evidence);
        var ended = all.Find(entry => entry.Exception?.Expires < today && Allows(entry, listener));
        return Finding.Fail(rule, subject, ended?.Exception is { } past
            ? $"{Who(listener)}: the exception of {past.Owner} ended on {past.Expires:yyyy-MM-dd}: {past.Reason}"
            : $"{Who(listener)}: no entry of the port policy allows it{Stranger(listener, lasting)}{ByChance(listener)}", evidence);
    }

    static Finding Reached(Listener listener, string subject, List<PolicyEntry> used, Finding expected, Evidence evidence)
    {
        var rule = PortRules.ReachLimited;
        if (expected.Outcome == Outcome.Unknown) return Finding.Unknown(rule, subject, expected.Message, evidence);
        var allowed = Widest(listener, used);
        return listener.Reach <= allowed.Reach
            ? Finding.Pass(rule, subject, $"bound to {listener.Endpoint} ({Name(listener.Reach)}); {allowed.Source} allows {Name(allowed.Reach)}", evidence)
            : Finding.Fail(rule, subject, $"{Who(listener)} and so can be reached from {(listener.Reach == Reach.Any ? "anywhere" : "the private network")}; {allowed.Source} allows {Name(allowed.Reach)} only", evidence);
    }

    /// <summary>The entry that allows the owner most; of several holders the one that may least decides.</summary>
    static PolicyEntry Widest(Listener listener, List<PolicyEntry> used) =>
        used.Count == 1 ? used[0]
        : listener.Holders.Count < 2 ? used.MaxBy(entry => entry.Reach)!
        : HolderMatch.Judged(listener).Select(holder => used.FindAll(entry => HolderMatch.Of(entry, holder, listener) == Match.Yes).MaxBy(entry => entry.Reach)!).MinBy(entry => entry.Reach)!;

    static bool Allows(PolicyEntry entry, Listener listener) => HolderMatch.Any(entry, listener) == Match.Yes;

    static Finding Presence(PolicyEntry entry, PortSurvey survey)
    {
        var rule = PortRules.ExpectedPresent;
        var candidates = survey.Listeners.Where(listener => listener.Protocol == entry.Protocol && entry.Ports.Any(ports => ports.Contains(listener.Port))).ToArray();
        var best = candidates.Length == 0 ? null : candidates.MaxBy(listener => HolderMatch.Any(entry, listener));
        var match = best is null ? Match.No : HolderMatch.Any(entry, best);
        if (match == Match.Yes && candidates.FirstOrDefault(listener => HolderMatch.Any(entry, listener) == Match.Yes && IsHosts(entry, listener)) is { } held) best = held;
        else if (match == Match.Yes)
            return Finding.Unknown(rule, entry.Subject, $"{Who(best!)}: a container has a network of its own, and whether {entry.Source} means that or the host's is not known; name its unit, or the host's", best!.ToEvidence());
        if (match == Match.Yes) return Finding.Pass(rule, entry.Subject, $"{Who(best!)}, as {entry.Source} requires", best!.ToEvidence());
        if (match == Match.Unseen) return Finding.Unknown(rule, entry.Subject, Unseen(best!, survey.HiddenProcesses), best!.ToEvidence());
        if (survey.HiddenNamespaces)
            return Finding.Unknown(rule, entry.Subject, "not in this network namespace; other namespaces could not be looked at (CAP_SYS_PTRACE is missing)");
        return Finding.Fail(rule, entry.Subject, best is null
            ? $"nothing listens on {entry.Subject}, which {entry.Source} requires"
            : $"{Who(best)}, but {entry.Source} requires {entry.Subject}", best?.ToEvidence());
    }

    /// <summary>The policy is the host's: a container's network is another's, unless the entry names the unit. A service of the host may have one of its own.</summary>
    static bool IsHosts(PolicyEntry entry, Listener listener) =>
        listener.Namespace is null || entry.Units.Count > 0 || listener.Holders.Any(holder => holder.Container is null);

    static Finding Clients(List<Listener> clients, PortRange ephemeral) =>
        Finding.NotApplicable(PortRules.ExpectedOnly, $"udp {ephemeral} clients",
            $"{clients.Count} unconnected UDP sockets on client ports are taken for clients waiting for an answer; name the port in ports.allow to have one judged",
            new Evidence { { "sockets", clients.Select(client => client.Subject) } });

    static void AddUnseen(PortSurvey survey, List<Finding> findings)
    {
        if (survey.HiddenNamespaces)
            findings.Add(Finding.Unknown(PortRules.ExpectedOnly, "other network namespaces", "could not be looked at: processes do not show their namespace without CAP_SYS_PTRACE"));
        foreach (var name in survey.EmptyNamespaces)
            findings.Add(Finding.Unknown(PortRules.ExpectedOnly, $"netns:{name}",
                $"no process is in network namespace {name}, so what listens in it cannot be seen from outside; remove it (ip netns delete) if it is not used"));
    }

    void AddUnknownRoles(List<Finding> findings)
    {
        foreach (var role in policy.UnknownRoles)
            foreach (var rule in PortRules.All)
                findings.Add(Finding.Unknown(rule, $"role {role}", $"there is no built-in port policy for role {role}; known are {string.Join(", ", RolePolicies.ByRole.Keys)}"));
    }

    /// <summary>A rule that had nothing to judge says so.</summary>
    static void AddEmpty(List<Finding> findings)
    {
        if (!findings.Exists(finding => ReferenceEquals(finding.Rule, PortRules.ExpectedOnly)))
            findings.Add(Finding.Pass(PortRules.ExpectedOnly, "ports", "nothing listens"));
        if (!findings.Exists(finding => ReferenceEquals(finding.Rule, PortRules.ExpectedPresent)))
            findings.Add(Finding.NotApplicable(PortRules.ExpectedPresent, "ports", "the port policy requires no listener"));
        if (!findings.Exists(finding => ReferenceEquals(finding.Rule, PortRules.ReachLimited)))
            findings.Add(Finding.NotApplicable(PortRules.ReachLimited, "ports", "nothing listens that the port policy speaks of"));
    }

    static string Who(Listener listener)
    {
        var where = $"{listener.ProtocolName} {listener.Endpoint}{(listener.Namespace is null ? "" : " in " + listener.Namespace)}";
        if (listener.Holders.Count == 0) return $"{where} is open and no process is known to hold it";
        var holder = listener.Holders[0];
        var unit = listener.IsWaiting && listener.Socket is { } socket ? socket.Name : holder.Unit;
        return $"{where} is held by {holder.Program ?? "a program that may not be read"} (user {holder.User}{(unit is null ? "" : ", " + unit)})";
    }

    static string Unseen(Listener listener, bool hidden) =>
        listener.IsWaiting ? $"{Who(listener)}; which program will get it is not seen before it starts: name the unit in the port policy"
        : hidden || listener.Holders.Count > 0 ? $"{Who(listener)}: its process may not be looked at without CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
        : $"{Who(listener)}: the kernel itself holds it, or a process that ended meanwhile";

    /// <summary>Names the first other holder that no entry allows, where the owner itself is allowed.</summary>
    static string Stranger(Listener listener, List<PolicyEntry> entries)
    {
        bool Allowed(Holder holder) => entries.Exists(entry => HolderMatch.Of(entry, holder, listener) == Match.Yes);
        var judged = HolderMatch.Judged(listener).ToArray();
        return judged.Length > 1 && judged.FirstOrDefault(holder => !Allowed(holder)) is { } stranger && judged.Any(Allowed)
            ? $" in the hands of {stranger.Program ?? "an unknown program"} (user {stranger.User}{(stranger.Unit is null ? "" : ", " + stranger.Unit)})"
            : "";
    }

    /// <summary>What an entry for the port of today would be worth, and what to do instead.</summary>
    static string ByChance(Listener listener) => listener.Chance is null ? ""
        : $"; its port may be another after each start: give it one of its own{(listener.Holders is [{ Program: { } program }, ..] && Path.GetFileName(program) is "java" or "jsvc" ? " (of JMX by com.sun.management.jmxremote.rmi.port, and .local.port for the local connector)" : "")}";

    static string Name(Reach reach) => reach switch { Reach.Loopback => "loopback", Reach.Private => "private", _ => "any" };
}
