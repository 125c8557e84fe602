using System.Reflection;
using Ratchet.Agent.Checks;
using Xunit.Sdk;

namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>
/// Says that a test shows verdicts of a rule, for the proof that each rule's every verdict is shown somewhere (OutcomeTests). The
/// test fails where it did not: fixtures hand what a check said to <see cref="Shown"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
sealed class ShowsAttribute(string rule, params Outcome[] outcomes) : BeforeAfterTestAttribute
{
    public string Rule => rule;

    public IReadOnlyList<Outcome> Outcomes => outcomes;

    public override void Before(MethodInfo methodUnderTest) => Shown.Begin();

    public override void After(MethodInfo methodUnderTest) =>
        Assert.All(outcomes, outcome => Assert.True(Shown.Contains(rule, outcome), $"this test does not show {outcome} of {rule}"));
}

/// <summary>What checks have said in the test that runs.</summary>
static class Shown
{
    static readonly AsyncLocal<HashSet<(string Rule, Outcome Outcome)>?> Current = new();

    /// <summary>Twice where a test has two attributes: the first keeps the set.</summary>
    public static void Begin() => Current.Value ??= [];

    public static bool Contains(string rule, Outcome outcome) => Current.Value?.Contains((rule, outcome)) == true;

    /// <summary>Notes what a check said, and hands it on.</summary>
    public static IReadOnlyList<Finding> Note(this IReadOnlyList<Finding> findings)
    {
        if (Current.Value is { } shown)
            lock (shown) shown.UnionWith(findings.Select(finding => (finding.Rule.Id, finding.Outcome)));
        return findings;
    }

    /// <inheritdoc cref="Note(IReadOnlyList{Finding})"/>
    public static Finding Note(this Finding finding)
    {
        Note([finding]);
        return finding;
    }
}
