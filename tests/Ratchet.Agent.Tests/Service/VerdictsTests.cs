using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Records;
using Ratchet.Agent.Service;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Service;

/// <summary>What is remembered and what moved, without times: AlertsTests has those.</summary>
public sealed class VerdictsTests : IDisposable
{
    static readonly Rule Rule = SmallCheck.NewRule("test.rule");
    static readonly Alerting AtOnce = new(new AlertSettings { High = new AlertTimes() }, IsHeld: false, IsSweep: true);

    readonly Folder folder = new();
    readonly HandClock clock = new();
    Verdicts verdicts;

    public VerdictsTests()
    {
        verdicts = new Verdicts(folder.Path, clock.Now);
        // The rule has been judged: what fails from now on is news.
        Sees(Pass("first"));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_failure_is_opened_resolved_and_reopened_and_nothing_in_between_is_a_change()
    {
        Assert.Equal("first passed unchanged; a passed unchanged change", Sees(Pass("first"), Pass("a")));
        Assert.Equal("a passed unchanged", Sees(Pass("a")).Split("; ")[0]);
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
    public void A_subject_that_vanished_is_told_once_and_closes_its_failure()
    {
        Sees(Fail("a"), Pass("b"));
        Assert.Equal("b passed unchanged; a not_applicable resolved change alert", Sees(Pass("b")));
        Assert.DoesNotContain("change ", Sees(Pass("b")), StringComparison.Ordinal);
        clock.Now = clock.Now.AddHours(23);
        Sees(Pass("b"));
        Assert.Equal("b passed unchanged; a failed reopened change alert", Sees(Pass("b"), Fail("a")));
        Sees(Pass("b"));
        // A day later it is forgotten: a new one of the same name is a new failure.
        clock.Now = clock.Now.AddDays(1);
        Sees(Pass("b"));
        Assert.Equal("b passed unchanged; a failed opened change alert", Sees(Pass("b"), Fail("a")));
    }

    [Fact]
    public void A_subject_that_never_failed_is_forgotten_when_it_is_gone()
    {
        Sees(Pass("a"), Pass("b"));
        Assert.Equal("b passed unchanged; a not_applicable unchanged change", Sees(Pass("b")));
        Assert.Equal("b passed unchanged", Sees(Pass("b")));
        Assert.Single(verdicts.Known);
    }

    [Fact]
    public void Where_the_rule_could_not_look_no_subject_vanishes()
    {
        Sees(Fail("a"));
        Assert.Equal("area unknown unchanged change", Sees(Unknown("area")));
        Assert.Equal("area not_applicable unchanged change; a failed unchanged", Sees([Fail("a")], order: true));
    }

    [Fact]
    public void Another_rules_run_lets_nothing_vanish()
    {
        Sees(Fail("a"));
        Assert.Empty(verdicts.Compare([SmallCheck.NewRule("other.rule")], [], clock.Now, AtOnce));
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
    public void A_clock_that_was_set_back_leaves_no_verdict_that_holds_since_the_future()
    {
        Sees(Fail("a"));
        clock.Now = clock.Now.AddYears(-1);
        Assert.Equal(clock.Now, Assert.Single(Compare(Fail("a"))).Transition.Since);
        Sees(Fail("a"));
        var turned = clock.Now;
        clock.Now = turned.AddHours(1);
        Assert.Equal(turned, Assert.Single(Compare(Fail("a"))).Transition.Since);
    }

    [Fact]
    public void A_memory_that_could_not_be_written_is_written_with_the_next_look_also_without_news()
    {
        Directory.CreateDirectory(folder["verdicts.json.tmp/in-the-way"]);
        Assert.ThrowsAny<Exception>(() => Sees(Fail("a")));
        Assert.ThrowsAny<Exception>(() => Sees(Fail("a")));
        Directory.Delete(folder["verdicts.json.tmp"], recursive: true);
        Assert.Equal("a failed unchanged", Sees(Fail("a")));
        verdicts = new Verdicts(folder.Path, clock.Now);
        Assert.Equal("a passed resolved change alert", Sees(Pass("a")));
    }

    [Fact]
    public void Verdicts_of_a_rule_that_there_is_not_are_gone_and_their_alerts_resolved_once()
    {
        Sees(Fail("a"), Pass("b"), Unknown("c"));
        Assert.Empty(verdicts.Retire(new HashSet<string> { Rule.Id }, clock.Now, AtOnce));
        var retired = verdicts.Retire(new HashSet<string>(), clock.Now, AtOnce);
        Assert.Equal(["a resolved gone True", "b unchanged  True", "c unchanged  True", "first unchanged  True"],
            retired.Select(judged => $"{judged.Finding.Subject} {judged.Transition.Change} {judged.Transition.Alert?.Reason} {judged.IsNews}").Order(StringComparer.Ordinal));
        verdicts.Keep(retired);
        Assert.Empty(verdicts.Known);
        Assert.Empty(new Verdicts(folder.Path, clock.Now).Known);
    }

    [Fact]
    public void Maintenance_holds_back_that_the_alert_of_a_rule_that_there_is_not_resolves()
    {
        Sees(Fail("a"));
        verdicts.Keep(verdicts.Retire(new HashSet<string>(), clock.Now, AtOnce with { IsHeld = true }));
        Assert.Equal("a", Assert.Single(verdicts.Known).Subject);
        Assert.DoesNotContain(verdicts.Retire(new HashSet<string>(), clock.Now, AtOnce with { IsHeld = true }), judged => judged.IsNews);
        Assert.Equal("resolved", Assert.Single(verdicts.Retire(new HashSet<string>(), clock.Now, AtOnce)).Transition.Change);
    }

    [Fact]
    public void What_was_recorded_is_known_after_a_restart()
    {
        var turned = clock.Now;
        Sees(Fail("a"));
        Sees(Pass("a"));
        clock.Now = turned.AddHours(1);
        verdicts = new Verdicts(folder.Path, clock.Now);
        Assert.Equal(turned, Assert.Single(Compare(Pass("a"))).Transition.Since);
        Assert.Equal("a passed unchanged", Sees(Pass("a")));
        Assert.Equal("a failed reopened change alert", Sees(Fail("a")));
    }

    [Fact]
    public void What_was_not_recorded_comes_again()
    {
        Compare(Fail("a"));
        Assert.StartsWith("a failed opened change alert", Sees(Fail("a")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[null]")]
    [InlineData("""[{"Rule":"test.rule","Subject":"a","Evaluation":"passed","Since":"2026-11-01T12:00:00+00:00","IsOpen":false,"Openings":0}]""")]
    [InlineData("""{"form":3,"began":"2026-11-01T12:00:00+00:00","reason":"","judged":["test.rule"],"verdicts":[]}""")]
    [InlineData("""{"form":2,"began":"2026-11-01T12:00:00+00:00","reason":"","judged":["test.rule"],"verdicts":[null]}""")]
    [InlineData("""{"form":2,"began":"2026-11-01T12:00:00+00:00","reason":"","judged":[null],"verdicts":[]}""")]
    [InlineData("""{"form":2,"began":"2026-11-01T12:00:00+00:00","reason":"","judged":["test.rule"],"verdicts":[{"rule":"r","subject":"s","evaluation":"passed","since":"2026-11-01T12:00:00+00:00","alert":null}]}""")]
    [InlineData("""{"form":2,"began":"2026-11-01T12:00:00+00:00","reason":"","judged":["test.rule"],"verdicts":[{"rule":"test.r","subject":"s","evaluation":"passed","since":"2026-11-01T12:00:00+00:00","alert":null},{"rule":"test.r","subject":"s","evaluation":"passed","since":"2026-11-01T12:00:00+00:00","alert":null}]}""")]
    public void A_damaged_memory_or_one_of_another_form_is_an_empty_one_and_says_so(string content)
    {
        folder.Write("verdicts.json", content);
        verdicts = new Verdicts(folder.Path, clock.Now);
        Assert.Contains("damaged", verdicts.Reason, StringComparison.Ordinal);
        Assert.Equal("a failed unchanged change", Sees(Fail("a")));
    }

    [Fact]
    public void A_memory_of_many_times_what_it_can_be_is_not_read()
    {
        using (var file = File.OpenWrite(folder["verdicts.json"])) file.SetLength(1L << 40);
        verdicts = new Verdicts(folder.Path, clock.Now);
        Assert.Equal("verdicts.json was too large", verdicts.Reason);
    }

    [Fact]
    public void Two_findings_on_one_subject_count_once() => Assert.Single(Compare(Fail("first"), Fail("first")));

    [Fact]
    public void Of_two_findings_on_one_subject_the_worse_counts_in_any_order()
    {
        var waived = Fail("a") with { Waiver = "ops until 2027-06-30: bastion" };
        Finding[] worstFirst = [Fail("a"), Unknown("a"), waived, Pass("a"), Finding.NotApplicable(Rule, "a", "there is none")];
        for (var i = 0; i < worstFirst.Length; i++)
            for (var j = i; j < worstFirst.Length; j++)
            {
                Assert.Same(worstFirst[i], Assert.Single(Compare(worstFirst[i], worstFirst[j])).Finding);
                Assert.Same(worstFirst[i], Assert.Single(Compare(worstFirst[j], worstFirst[i])).Finding);
            }
    }

    [Fact]
    public void A_worse_finding_that_hides_an_unknown_one_lets_no_subject_vanish()
    {
        Sees(Fail("a"));
        Assert.Equal("area failed opened change alert", Sees(Unknown("area"), Fail("area")));
    }

    /// <summary>Without what is only remembered of subjects that are gone.</summary>
    List<JudgedFinding> Compare(params Finding[] findings) => [.. verdicts.Compare([Rule], findings, clock.Now, AtOnce).Where(judged => judged.Finding.Subject != "first" || findings.Any(finding => finding.Subject == "first"))];

    string Sees(params Finding[] findings) => Sees(findings, order: false);

    string Sees(Finding[] findings, bool order)
    {
        var judged = Compare(findings);
        verdicts.Keep(verdicts.Compare([Rule], findings, clock.Now, AtOnce));
        var told = judged.Where(j => !j.IsGone || j.IsNews).Select(j => $"{j.Finding.Subject} {Payload.Evaluation(j.Finding)} {j.Transition.Change}{(j.IsChange ? " change" : "")}{(j.Transition.Alert is null ? "" : " alert")}");
        return string.Join("; ", order ? told.OrderDescending(StringComparer.Ordinal) : told);
    }

    static Finding Pass(string subject) => Finding.Pass(Rule, subject, "good");

    static Finding Fail(string subject) => Finding.Fail(Rule, subject, "bad");

    static Finding Unknown(string subject) => Finding.Unknown(Rule, subject, "could not look");
}
