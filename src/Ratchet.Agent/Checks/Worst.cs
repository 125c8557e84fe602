namespace Ratchet.Agent.Checks;

/// <summary>One verdict for each rule and subject: two on one subject (names that are equal once they are cut, containers with the same paths) are as bad as the worse of them.</summary>
static class Worst
{
    /// <returns>In the order of the first finding on each subject.</returns>
    public static IReadOnlyList<Finding> OfEach(IEnumerable<Finding> findings) =>
        [.. findings.GroupBy(finding => (finding.Rule.Id, finding.Subject)).Select(same => same.MinBy(Rank)!)];

    static int Rank(Finding finding) => finding switch
    {
        { Outcome: Outcome.Fail, Waiver: null } => 0,
        { Outcome: Outcome.Unknown } => 1,
        { Outcome: Outcome.Fail } => 2,
        { Outcome: Outcome.Pass } => 3,
        _ => 4,
    };
}
