using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks;

public sealed class WaiversTests
{
    readonly HandClock clock = new();

    [Theory]
    [InlineData("2027-06-30T23:59:59Z", Outcome.Pass)]
    [InlineData("2027-07-01T01:00:00+02:00", Outcome.Pass)]
    [InlineData("2027-07-01T00:00:00Z", Outcome.Fail)]
    [InlineData("2027-06-30T23:00:00-02:00", Outcome.Fail)]
    internal async Task A_waiver_holds_to_the_end_of_its_day_in_UTC(string now, Outcome expected)
    {
        clock.Now = DateTimeOffset.Parse(now);
        var waivers = new Waivers([new WaiverSettings("a.b", "*", "ops", "bastion", new DateOnly(2027, 6, 30))]);

        var finding = Assert.Single(await waivers.RunAsync(Machine, default));
        Assert.Equal((expected, "a.b *"), (finding.Outcome, finding.Subject));
        var applied = waivers.Apply([Finding.Fail(SmallCheck.NewRule("a.b"), "s", "bad")], clock.Now)[0];
        Assert.Equal(expected == Outcome.Pass, applied.Waiver is not null);
        Assert.Equal(expected == Outcome.Pass ? new DateOnly(2027, 6, 30) : null, applied.WaivedUntil);
    }

    [Fact]
    public async Task A_waiver_that_was_renewed_is_judged_by_the_longest_in_any_order()
    {
        clock.Now = DateTimeOffset.Parse("2027-07-01T00:00:00Z");
        var (ended, renewed, longer) = (Until(2027), Until(2028), Until(2029));
        foreach (WaiverSettings[] all in (WaiverSettings[][])[[ended, renewed, longer], [longer, renewed, ended]])
        {
            var waivers = new Waivers(all);
            var finding = Assert.Single(await waivers.RunAsync(Machine, default));
            Assert.Equal((Outcome.Pass, "waived by ops until 2029-06-30: bastion"), (finding.Outcome, finding.Message));
            Assert.Equal(longer.Expires, waivers.Apply([Finding.Fail(SmallCheck.NewRule("a.b"), "s", "bad")], clock.Now)[0].WaivedUntil);
        }
        var other = Until(2029) with { Subject = "s" };
        Assert.Equal([Outcome.Fail, Outcome.Pass], (await new Waivers([ended, other]).RunAsync(Machine, default)).Select(finding => finding.Outcome));

        static WaiverSettings Until(int year) => new("a.b", "*", "ops", "bastion", new DateOnly(year, 6, 30));
    }

    [Fact]
    public async Task Two_waivers_that_have_ended_are_one_failure()
    {
        WaiverSettings Until(int day) => new("a.b", "*", "ops", "bastion", new DateOnly(2026, 10, day));
        var finding = Assert.Single(await new Waivers([Until(1), Until(2)]).RunAsync(Machine, default));
        Assert.Equal((Outcome.Fail, "the waiver by ops ended on 2026-10-02"), (finding.Outcome, finding.Message));
    }

    [Fact]
    public async Task Without_waivers_the_rule_passes() => Assert.Equal(Outcome.Pass, Assert.Single(await new Waivers([]).RunAsync(Machine, default)).Outcome);

    Machine Machine => new("/", (_, _, _) => throw new CommandException("none"), clock);
}
