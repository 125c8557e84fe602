using Ratchet.Agent.Checks;
using Ratchet.Agent.Records;
using Ratchet.Agent.Service;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Service;

public sealed class VerdictsTests : IDisposable
{
    static readonly Rule Rule = SmallCheck.NewRule("test.rule");

    readonly Folder folder = new();
    readonly HandClock clock = new();
    Verdicts verdicts;

    public VerdictsTests() => verdicts = new Verdicts(folder.Path);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_failure_is_opened_resolved_and_reopened_and_nothing_in_between_is_a_change()
    {
        Assert.Equal("a passed unchanged change", Sees(Pass("a")));
        Assert.Equal("a passed unchanged", Sees(Pass("a")));
        Assert.Equal("a failed opened change alert", Sees(Fail("a")));
        Assert.Equal("a failed unchanged", Sees(Fail("a")));
        Assert.Equal("a passed resolved change alert", Sees(Pass("a")));
        Assert.Equal("a failed reopened change alert", Sees(Fail("a")));
    }

    [Fact]
    public void Unknown_neither_closes_nor_reopens_a_failure()
    {
        Sees(Fail("a"));
        Assert.Equal("a unknown unchanged change", Sees(Unknown("a")));
        Assert.Equal("a failed unchanged change", Sees(Fail("a")));
        Assert.Equal("a unknown unchanged change", Sees(Unknown("a")));
        Assert.Equal("a passed resolved change alert", Sees(Pass("a")));
    }

    [Fact]
    public void A_failure_that_is_waived_is_resolved_and_one_whose_waiver_ends_is_reopened()
    {
        Sees(Fail("a"));
        Assert.Equal("a waived resolved change alert", Sees(Fail("a") with { Waiver = "ops until tomorrow" }));
        Assert.Equal("a failed reopened change alert", Sees(Fail("a")));
    }

    [Fact]
    public void A_subject_that_vanished_is_told_once_and_closes_its_failure()
    {
        Sees(Fail("a"), Pass("b"));
        Assert.Equal("b passed unchanged; a not_applicable resolved change alert", Sees(Pass("b")));
        Assert.Equal("b passed unchanged", Sees(Pass("b")));
        // It is forgotten: a new one of the same name is a new failure.
        Assert.Equal("b passed unchanged; a failed opened change alert", Sees(Pass("b"), Fail("a")));
    }

    [Fact]
    public void Where_the_rule_could_not_look_no_subject_vanishes()
    {
        Sees(Fail("a"));
        Assert.Equal("area unknown unchanged change", Sees(Unknown("area")));
        Assert.Equal("area not_applicable unchanged change; a failed unchanged", Sees(Fail("a"), order: true));
    }

    [Fact]
    public void Another_rules_run_lets_nothing_vanish()
    {
        Sees(Fail("a"));
        Assert.Empty(verdicts.Compare([SmallCheck.NewRule("other.rule")], [], clock.Now));
    }

    [Fact]
    public void Since_is_when_the_verdict_turned()
    {
        var turned = clock.Now;
        Sees(Fail("a"));
        clock.Now = turned.AddHours(1);
        Assert.Equal(turned, Assert.Single(Compare(Fail("a"))).Transition.Since);
        Assert.Equal(clock.Now, Assert.Single(Compare(Pass("a"))).Transition.Since);
    }

    [Fact]
    public void What_was_recorded_is_known_after_a_restart()
    {
        Sees(Fail("a"));
        Sees(Pass("a"));
        verdicts = new Verdicts(folder.Path);
        Assert.Equal("a passed unchanged", Sees(Pass("a")));
        Assert.Equal("a failed reopened change alert", Sees(Fail("a")));
    }

    [Fact]
    public void What_was_not_recorded_comes_again()
    {
        Compare(Fail("a"));
        Assert.Equal("a failed opened change alert", Sees(Fail("a")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[null]")]
    [InlineData("""[{"Rule":"r","Subject":"s"},{"Rule":"r","Subject":"s"}]""")]
    [InlineData("[{}]")]
    public void A_damaged_memory_is_an_empty_one(string content)
    {
        folder.Write("verdicts.json", content);
        verdicts = new Verdicts(folder.Path);
        Assert.Equal("a failed opened change alert", Sees(Fail("a")));
    }

    [Fact]
    public void Two_findings_on_one_subject_count_once() => Assert.Single(Compare(Fail("a"), Fail("a")));

    IReadOnlyList<JudgedFinding> Compare(params Finding[] findings) => verdicts.Compare([Rule], findings, clock.Now);

    string Sees(params Finding[] findings) => Sees(findings, order: false);

    string Sees(Finding finding, bool order) => Sees([finding], order);

    string Sees(Finding[] findings, bool order)
    {
        var judged = Compare(findings);
        verdicts.Keep(judged, findings.Select(finding => (finding.Rule.Id, finding.Subject)).ToHashSet());
        var told = judged.Select(j => $"{j.Finding.Subject} {Payload.Evaluation(j.Finding)} {j.Transition.Change}{(j.IsChange ? " change" : "")}{(j.Transition.IsAlert ? " alert" : "")}");
        return string.Join("; ", order ? told.OrderDescending(StringComparer.Ordinal) : told);
    }

    static Finding Pass(string subject) => Finding.Pass(Rule, subject, "good");

    static Finding Fail(string subject) => Finding.Fail(Rule, subject, "bad");

    static Finding Unknown(string subject) => Finding.Unknown(Rule, subject, "could not look");
}
