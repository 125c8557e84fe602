using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks;

/// <summary>The invariant: every rule yields at least one finding in every sweep, and an error is unknown.</summary>
public sealed class SweepTests
{
    static readonly Rule One = SmallCheck.NewRule("test.one"), Two = SmallCheck.NewRule("test.two");

    readonly Sweep sweep = NewSweep();

    [Fact]
    public async Task A_check_that_throws_leaves_all_its_rules_unknown_with_the_reason()
    {
        foreach (var check in (SmallCheck[])[new((_, _) => throw new IOException("/etc/x: permission denied"), One, Two), new(async (_, _) => { await Task.Yield(); throw new IOException("/etc/x: permission denied"); }, One, Two)])
        {
            var findings = await RunAsync(check);
            Assert.Equal([One, Two], findings.Select(finding => finding.Rule));
            Assert.All(findings, finding => Assert.Equal((Outcome.Unknown, "could not look: /etc/x: permission denied (IOException)"), (finding.Outcome, finding.Message)));
        }
    }

    [Fact]
    public async Task A_check_that_takes_too_long_is_unknown_also_where_it_ignores_its_time_limit()
    {
        var heeding = new SmallCheck(async (_, cancel) => { await Task.Delay(Timeout.Infinite, cancel); return []; }, One);
        using var release = new ManualResetEventSlim();
        var deaf = new SmallCheck((_, _) => { release.Wait(CancellationToken.None); return Task.FromResult<IReadOnlyList<Finding>>([Finding.Pass(Two, "s", "good")]); }, Two);

        var runs = await sweep.RunAsync([heeding, deaf], default);
        Assert.All(runs, run => Assert.Equal((Outcome.Unknown, "could not look: not done within 0.2 s"), (run.Findings[0].Outcome, run.Findings[0].Message)));

        // Not started a second time beside itself.
        Assert.Equal("could not look: the run before this one has not ended", Assert.Single(await RunAsync(deaf)).Message);
        release.Set();
        await Wait.UntilAsync(() => RunAsync(deaf).GetAwaiter().GetResult()[0].Outcome == Outcome.Pass, "the check's next run");
    }

    [Fact]
    public async Task A_rule_that_the_check_forgot_is_unknown()
    {
        var findings = await RunAsync(Giving(Finding.Pass(One, "s", "good")));

        Assert.Equal([(One, Outcome.Pass), (Two, Outcome.Unknown)], findings.Select(finding => (finding.Rule, finding.Outcome)));
        Assert.Contains("gave no verdict", findings[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sweep_that_is_cancelled_says_so_and_gives_no_verdicts()
    {
        using var cancel = new CancellationTokenSource();
        var check = new SmallCheck(async (_, inner) => { await cancel.CancelAsync(); await Task.Delay(Timeout.Infinite, inner); return []; }, One);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sweep.RunAsync([check], cancel.Token));
    }

    [Fact]
    public async Task A_broken_check_leaves_the_others_alone()
    {
        var runs = await sweep.RunAsync([new SmallCheck((_, _) => throw new InvalidOperationException("x"), One), Giving(Finding.Pass(Two, "s", "good"))], default);

        Assert.Equal([Outcome.Unknown, Outcome.Pass], [runs[0].Findings[0].Outcome, runs[1].Findings[0].Outcome]);
    }

    [Fact]
    public async Task Hostile_texts_become_printable_and_bounded()
    {
        var finding = (await RunAsync(Giving(Finding.Fail(One, "a\u001b[2J\nb" + new string('x', 5000), "m\u202e" + new string('y', 5000)))))[0];

        Assert.StartsWith(@"a\u001B[2J\u000Ab", finding.Subject, StringComparison.Ordinal);
        Assert.StartsWith(@"m\u202E", finding.Message, StringComparison.Ordinal);
        Assert.InRange(finding.Subject.Length, 500, 520);
        Assert.InRange(finding.Message.Length, 1000, 1030);
    }

    [Fact]
    public async Task A_waived_failure_keeps_its_outcome_and_is_marked()
    {
        var waiver = new WaiverSettings(One.Id, "tcp *:80*", "ops", "bastion", DateOnly.MaxValue);
        Finding[] findings = [Finding.Fail(One, "tcp 1.2.3.4:8080", "bad"), Finding.Fail(One, "udp 1.2.3.4:8080", "bad"), Finding.Fail(Two, "tcp 1.2.3.4:8080", "bad"), Finding.Unknown(One, "tcp 1.2.3.4:8081", "?")];

        var judged = (await NewSweep(waiver).RunAsync([Giving(findings)], default))[0].Findings;

        Assert.Equal("ops until 9999-12-31: bastion", judged[0].Waiver);
        Assert.Equal([Outcome.Fail, Outcome.Fail, Outcome.Fail, Outcome.Unknown], judged.Select(finding => finding.Outcome));
        Assert.All(judged.Skip(1), finding => Assert.Null(finding.Waiver));
    }

    static Sweep NewSweep(params WaiverSettings[] waivers) =>
        new(new Machine("/", (_, _, _) => throw new CommandException("none")), TimeSpan.FromMilliseconds(200), new Waivers(waivers));

    static SmallCheck Giving(params Finding[] findings) => new((_, _) => Task.FromResult<IReadOnlyList<Finding>>(findings), One, Two);

    async Task<IReadOnlyList<Finding>> RunAsync(ICheck check) => (await sweep.RunAsync([check], default))[0].Findings;
}
