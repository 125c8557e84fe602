using System.Reflection;
using System.Text.Json.Nodes;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Fixtures;
using Ratchet.Agent.Tests.Hosts;

namespace Ratchet.Agent.Tests.Checks;

/// <summary>Each rule's pass, fail, unknown and not applicable is shown: by a recorded host, or by a test that says so (<see cref="ShowsAttribute"/>).</summary>
public sealed class OutcomeTests
{
    /// <summary>Verdicts that a rule cannot give, and why.</summary>
    static readonly Dictionary<(string Rule, Outcome Outcome), string> Impossible = new()
    {
        [("access.least-privilege", Outcome.NotApplicable)] = "every host has accounts; one without rights of others passes",
        [("agent.waivers-current", Outcome.Unknown)] = "the configuration alone is judged, which was read before the sweep",
        [("agent.waivers-current", Outcome.NotApplicable)] = "a host without waivers passes",
        [("disk.swap-encrypted", Outcome.NotApplicable)] = "a host without swap passes",
        [("ossec.installed", Outcome.NotApplicable)] = "every host must have an agent",
    };

    static IReadOnlyList<string> Rules { get; } = [.. Program.NewChecks(new Settings()).SelectMany(check => check.Rules).Select(rule => rule.Id)];

    [Fact]
    public void Every_verdict_of_every_rule_is_shown()
    {
        var shown = OfHosts().Concat(OfTests()).ToHashSet();
        var missing = Rules.SelectMany(rule => Enum.GetValues<Outcome>().Select(outcome => (Rule: rule, Outcome: outcome))).Where(pair => !shown.Contains(pair) && !Impossible.ContainsKey(pair));
        Assert.True(!missing.Any(), $"nothing shows {string.Join(", ", missing.Select(pair => $"{pair.Rule} {pair.Outcome}"))}: record a host, or mark the test that does with [Shows]");
    }

    [Fact]
    public void What_is_called_impossible_is_shown_nowhere_and_belongs_to_a_rule()
    {
        var shown = OfHosts().Concat(OfTests()).ToHashSet();
        Assert.All(Impossible.Keys, pair => Assert.True(Rules.Contains(pair.Rule) && !shown.Contains(pair), $"{pair.Rule} {pair.Outcome}"));
    }

    /// <summary>A row of a theory shows one verdict and not the others: each would have to answer for all.</summary>
    [Fact]
    public void Only_facts_say_what_they_show_and_of_rules_that_exist() => Assert.All(Marked(), marked =>
    {
        Assert.Null(marked.Method.GetCustomAttribute<TheoryAttribute>());
        Assert.NotNull(marked.Method.GetCustomAttribute<FactAttribute>());
        Assert.Contains(marked.Shows.Rule, Rules);
    });

    static IEnumerable<(MethodInfo Method, ShowsAttribute Shows)> Marked() =>
        typeof(OutcomeTests).Assembly.GetTypes().SelectMany(type => type.GetMethods()).SelectMany(method => method.GetCustomAttributes<ShowsAttribute>().Select(shows => (method, shows)));

    static IEnumerable<(string Rule, Outcome Outcome)> OfTests() => Marked().SelectMany(marked => marked.Shows.Outcomes.Select(outcome => (marked.Shows.Rule, outcome)));

    /// <summary>By the golden findings, which RecordedHostsTests holds true.</summary>
    static IEnumerable<(string Rule, Outcome Outcome)> OfHosts() =>
        Directory.GetDirectories(Path.Combine(Repository.Root, "tests/hosts"))
            .SelectMany(host => JsonNode.Parse(File.ReadAllText(Path.Combine(host, "findings.json")))!.AsArray())
            .Select(finding => ((string)finding!["rule"]!, Of((string)finding["evaluation"]!)));

    static Outcome Of(string evaluation) => evaluation switch
    {
        "passed" => Outcome.Pass,
        "failed" or "waived" => Outcome.Fail,
        "unknown" => Outcome.Unknown,
        "not_applicable" => Outcome.NotApplicable,
        _ => throw new FormatException(evaluation),
    };
}
