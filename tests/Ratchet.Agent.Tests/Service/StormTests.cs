using Ratchet.Agent.Checks;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Service;

/// <summary>Many failures at once that are no news of many kinds: a new host, a lost memory, a new release, a blind agent.</summary>
public sealed class StormTests : IDisposable
{
    const string Inherited = "alerts.none-inherited verdicts failed opened alert";

    static readonly Rule[] Rules = [.. Enumerable.Range(0, 30).Select(i => SmallCheck.NewRule($"test.rule-{(char)('a' + i / 6)}{(char)('a' + i % 6)}"))];

    readonly AlertsHost host = new(Rules);

    public void Dispose() => host.Dispose();

    [Fact]
    public async Task A_new_host_with_30_failures_wakes_on_call_once()
    {
        AllSay(Outcome.Fail);
        var first = await host.SweepForPayloadsAsync();
        Assert.Equal(30, first.Count(payload => (string?)payload["result"]!["evaluation"] == "failed" && (string?)payload["event"]!["kind"] == "state"));
        Assert.DoesNotContain(first, payload => (string?)payload["event"]!["kind"] == "alert");
        Assert.Equal([Inherited], await host.PassAsync(TimeSpan.FromMinutes(10)));
        // The reminder of it, too, is one.
        Assert.Equal([Inherited.Replace("opened", "reminder", StringComparison.Ordinal)], await host.PassAsync(TimeSpan.FromHours(24), 60));

        AllSay(Outcome.Pass);
        var alerts = await host.PassAsync(TimeSpan.FromHours(1));
        Assert.Equal(31, alerts.Count(alert => alert.EndsWith("resolved alert", StringComparison.Ordinal)));
        Assert.Equal(31, alerts.Count);
    }

    [Fact]
    public async Task What_fails_after_the_first_look_alerts_by_itself()
    {
        AllSay(Outcome.Fail);
        await host.SweepAsync();
        host.Findings = () => [.. Rules.Select(rule => Finding.Fail(rule, "a", "bad")), Finding.Fail(Rules[0], "new", "bad")];
        Assert.Contains("test.rule-aa new failed opened alert", await host.PassAsync(TimeSpan.FromMinutes(3)));
    }

    [Fact]
    public async Task A_rule_that_could_not_be_judged_at_first_is_inherited_too()
    {
        AllSay(Outcome.Unknown);
        await host.SweepAsync();
        AllSay(Outcome.Fail);
        Assert.Equal([Inherited], await host.PassAsync(TimeSpan.FromMinutes(10)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("{\"form\":2")]
    [InlineData("""[{"Rule":"test.rule-aa","Subject":"a","Evaluation":"failed","Since":"2026-11-01T12:00:00+00:00","IsOpen":true,"Openings":1}]""")]
    public async Task A_lost_memory_is_told_once_and_an_old_incident_is_still_closed(string? left)
    {
        AllSay(Outcome.Pass);
        await host.SweepAsync();
        AllSay(Outcome.Fail);
        Assert.Equal(30, (await host.PassAsync(TimeSpan.FromMinutes(3))).Count);
        if (left is null) File.Delete(host["verdicts.json"]);
        else File.WriteAllText(host["verdicts.json"], left);
        host.Restart();

        var first = await host.SweepForPayloadsAsync();
        Assert.DoesNotContain(first, payload => (string?)payload["event"]!["kind"] == "alert");
        Assert.Equal(30, first.Count(payload => (string?)payload["result"]!["evaluation"] == "failed"));
        Assert.Equal([Inherited], await host.PassAsync(TimeSpan.FromHours(2), 5));
        var told = File.ReadAllText(host["verdicts.json"]);
        Assert.Contains(left is null ? "there were no verdicts of before" : "damaged, or of another release", told, StringComparison.Ordinal);

        AllSay(Outcome.Pass);
        Assert.Contains("test.rule-aa a passed resolved alert", await host.PassAsync(TimeSpan.FromMinutes(20)));
    }

    [Fact]
    public async Task An_area_that_stays_unknown_is_one_alert_and_sight_resolves_it()
    {
        AllSay(Outcome.Pass);
        await host.SweepAsync();
        AllSay(Outcome.Unknown);
        Assert.Empty(await host.PassAsync(TimeSpan.FromMinutes(60)));
        Assert.Equal(["alerts.none-blind test failed opened alert"], await host.PassAsync(TimeSpan.FromMinutes(10)));
        AllSay(Outcome.Pass);
        Assert.Equal(["alerts.none-blind test passed resolved alert"], await host.PassAsync(TimeSpan.FromMinutes(30)));
    }

    [Fact]
    public async Task An_area_that_stays_unknown_is_told_also_where_the_clock_is_set_back()
    {
        AllSay(Outcome.Pass);
        await host.SweepAsync();
        AllSay(Outcome.Unknown);
        await host.SweepAsync();
        host.Clock.Now = host.Clock.Now.AddYears(-1);
        Assert.Equal(["alerts.none-blind test failed opened alert"], await host.PassAsync(TimeSpan.FromMinutes(70)));
    }

    void AllSay(Outcome outcome) => host.Findings = () => Rules.Select(rule => new Finding(rule, outcome, "a", $"it is {outcome}", []));
}
