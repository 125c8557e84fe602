using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Aws;

/// <summary>
/// Joins the rules of the attached security groups with what really listens: for each listener, who can touch it, and whether the
/// policy wants that. Rules of several groups add up; a rule without a listener lets nobody touch anything, and is only noted. Network
/// ACLs, the host's own firewall and what lies between are not counted on.
/// </summary>
static class GroupVerdicts
{
    static readonly Rule Rule = AwsRules.GroupsNarrow;

    public static IEnumerable<Finding> Judge(Told<Attestation> attestation, Told<AttachedGroups> attached, PortSurvey survey, CallerPolicy policy)
    {
        const string subject = "security groups";
        if (attestation.Value is not { } known) return [Finding.Unknown(Rule, subject, attestation.Problem!)];
        // Every instance has a group.
        if (known.Groups is not { Count: > 0 } groups) return [Finding.Unknown(Rule, subject, $"{known.Label} does not say which security groups the instance has")];
        if (known.Rules is not { } all) return [Finding.Unknown(Rule, subject, $"{known.Label} does not say which rules the security groups have")];
        var evidence = new Evidence { { "groups", groups }, { "attested_by", known.Source }, { "attested_at", known.Generated }, { "public_address", attached.Value?.IsPublic } };
        if (attached.Value is { } now && now.Ids.Except(groups).ToArray() is [_, ..] late)
            return [Finding.Unknown(Rule, subject, $"{string.Join(", ", late)} is attached, and {known.Label} does not speak of it", evidence)];
        // A group that was taken off since lets nobody in.
        var rules = all.Where(rule => attached.Value is null || attached.Value.Ids.Contains(rule.Group)).ToList();
        var findings = survey.Listeners.Where(listener => CanBeTouched(listener, survey)).Select(listener => Judge(listener, [.. rules.Where(rule => rule.Covers(listener))], policy, known)).OfType<Finding>().ToList();
        evidence.Add("rules", rules.Count);
        evidence.Add("without_listener", rules.Where(rule => !survey.Listeners.Any(listener => CanBeTouched(listener, survey) && rule.Covers(listener))).Select(rule => $"{Ports(rule)} from {policy.Name(rule)}").Distinct());
        findings.Add(findings.Exists(finding => finding.Outcome != Outcome.Pass)
            ? Finding.NotApplicable(Rule, subject, $"each of the {findings.Count} listeners that they open has a verdict of its own", evidence)
            : Finding.Pass(Rule, subject, findings.Count == 0 ? "they let nobody touch a listener of this host" : $"each of the {findings.Count} listeners that they open is touched by who needs it alone", evidence));
        return findings;
    }

    /// <summary>A client's UDP port comes and goes; raw sockets have no ports.</summary>
    static bool CanBeTouched(Listener listener, PortSurvey survey) =>
        listener.Reach != Reach.Loopback && listener.Protocol is Protocol.Tcp or Protocol.Udp or Protocol.Sctp && (listener.Protocol != Protocol.Udp || listener.Socket is not null || !survey.Ephemeral.Contains(listener.Port));

    /// <summary>Null where no rule opens it.</summary>
    static Finding? Judge(Listener listener, IReadOnlyList<GroupRule> rules, CallerPolicy policy, Attestation attestation)
    {
        if (rules.Count == 0) return null;
        var judged = rules.Select(rule => (Rule: rule, Verdict: policy.Judge(rule, listener))).OrderByDescending(entry => entry.Verdict.Welcome).ThenBy(entry => entry.Rule.Source, StringComparer.Ordinal).ToList();
        var evidence = listener.ToEvidence();
        evidence.Add("opened_to", judged.Select(entry => new Evidence { { "source", policy.Name(entry.Rule) }, { "group", entry.Rule.Group }, { "ports", Ports(entry.Rule) }, { "allowed_by", entry.Verdict.Welcome == Welcome.Yes ? entry.Verdict.Reason : null } }));
        evidence.Add("attested_by", attestation.Source);
        evidence.Add("attested_at", attestation.Generated);
        var worst = judged[0].Verdict;
        var names = string.Join(", ", judged.Where(entry => entry.Verdict.Welcome == worst.Welcome).Select(entry => policy.Name(entry.Rule)).Distinct().Take(5));
        return worst.Welcome switch
        {
            Welcome.Yes => Finding.Pass(Rule, listener.Subject, $"it is open to {names} alone", evidence),
            Welcome.Unclear => Finding.Unknown(Rule, listener.Subject, $"it is open to {names}: {worst.Reason}", evidence),
            // In a container's namespace a port is reached where somebody forwards it, which is not seen here.
            _ when listener.Namespace is not null => Finding.Unknown(Rule, listener.Subject, $"the port is open to {names} ({worst.Reason}); whether it is forwarded into {listener.Namespace} cannot be told", evidence),
            _ => Finding.Fail(Rule, listener.Subject, $"it is open to {names}: {worst.Reason}", evidence),
        };
    }

    static string Ports(GroupRule rule) => (rule.ProtocolNumber switch { null => "all protocols", 6 => "tcp", 17 => "udp", { } number => $"protocol {number}" }) + (rule.ProtocolNumber is not (6 or 17) ? "" : rule.From == rule.To ? $" {rule.From}" : $" {rule.From}-{rule.To}");
}
