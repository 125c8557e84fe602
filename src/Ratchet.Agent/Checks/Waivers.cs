using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks;

/// <summary>
/// Failures that somebody answers for until a day: they keep their evidence and are recorded as waived. A waiver that has
/// ended is a failure of its own, until it is removed or one for the same rule and subject lasts longer.
/// </summary>
sealed class Waivers(IReadOnlyList<WaiverSettings> waivers) : ICheck
{
    static readonly Rule Current = new(
        "agent.waivers-current",
        "No waiver has outlived its day",
        Severity.Medium,
        "A waiver is a risk that somebody accepted for a time. Kept past its day, it is a risk that nobody decided on.",
        "Fix what was waived, or renew the waiver with an owner, a reason and a new day; then remove the old one.",
        new Controls(["164.308(a)(1)(ii)(B)"], ["06.h"]));

    public IReadOnlyList<Rule> Rules => [Current];

    public Task<IReadOnlyList<Finding>> RunAsync(Machine machine, CancellationToken cancel)
    {
        var findings = waivers.GroupBy(waiver => (waiver.Rule, waiver.Subject)).Select(same => Judge(Longest(same)!, machine.Now)).ToList();
        if (findings.Count == 0) findings.Add(Finding.Pass(Current, "waivers", "there are no waivers"));
        return Task.FromResult<IReadOnlyList<Finding>>(findings);
    }

    /// <summary>Marks the failures that a waiver in force covers.</summary>
    public IReadOnlyList<Finding> Apply(IReadOnlyList<Finding> findings, DateTimeOffset now) =>
        waivers.Count == 0 ? findings : [.. findings.Select(finding => Covering(finding, now) is { } waiver ? finding with { Waiver = Describe(waiver), WaivedUntil = waiver.Expires } : finding)];

    WaiverSettings? Covering(Finding finding, DateTimeOffset now) => finding.Outcome != Outcome.Fail ? null : Longest(waivers.Where(waiver =>
        waiver.Rule == finding.Rule.Id && IsInForce(waiver, now) && Wildcard.Matches(waiver.Subject, finding.Subject)));

    static WaiverSettings? Longest(IEnumerable<WaiverSettings> alike) => alike.MaxBy(waiver => waiver.Expires);

    static Finding Judge(WaiverSettings waiver, DateTimeOffset now)
    {
        var subject = $"{waiver.Rule} {waiver.Subject}";
        return IsInForce(waiver, now)
            ? Finding.Pass(Current, subject, "waived by " + Describe(waiver))
            : Finding.Fail(Current, subject, $"the waiver by {waiver.Owner} ended on {waiver.Expires:yyyy-MM-dd}", new Evidence { { "owner", waiver.Owner }, { "reason", waiver.Reason } });
    }

    static string Describe(WaiverSettings waiver) => $"{waiver.Owner} until {waiver.Expires:yyyy-MM-dd}: {waiver.Reason}";

    static bool IsInForce(WaiverSettings waiver, DateTimeOffset now) => DateOnly.FromDateTime(now.UtcDateTime) <= waiver.Expires;
}
