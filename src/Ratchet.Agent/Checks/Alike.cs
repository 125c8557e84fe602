namespace Ratchet.Agent.Checks;

/// <summary>Subjects that are alike in all that outlives a restart (ten workers of one unit) are one: the worst verdict stands for them.</summary>
static class Alike
{
    public static IReadOnlyList<Finding> Merge(IReadOnlyList<Finding> findings) =>
        [.. findings.GroupBy(finding => (finding.Rule, finding.Subject)).Select(group => group.OrderBy(finding => finding.Outcome switch { Outcome.Fail => 0, Outcome.Unknown => 1, Outcome.Pass => 2, _ => 3 }).First())];
}
