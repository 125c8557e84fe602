using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Service;

/// <summary>When on-call is told. The default times: high opens after 1 min, resolves after 15 min, reminds each day.</summary>
public sealed class AlertsTests : IDisposable
{
    const string Opened = "test.state a failed opened alert", Reopened = "test.state a failed reopened alert", Resolved = "test.state a passed resolved alert", Reminder = "test.state a failed reminder alert";

    readonly AlertsHost host = new();

    public void Dispose() => host.Dispose();

    [Fact]
    public async Task A_failure_ships_at_once_and_alerts_when_it_has_held()
    {
        await host.SweepAsync();
        host.Says(Outcome.Fail);
        Assert.Equal(["test.state a failed"], await host.SweepAsync());
        host.Clock.Now = host.Clock.Now.AddSeconds(59);
        Assert.Empty(await host.SweepAsync());
        host.Clock.Now = host.Clock.Now.AddSeconds(1);
        Assert.Equal([Opened], await host.SweepAsync());
        Assert.Empty(await host.PassAsync(TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task The_look_that_confirms_does_not_wait_for_the_next_sweep_and_is_one()
    {
        await host.SweepAsync();
        host.Says(Outcome.Fail);
        await host.SweepAsync();
        host.Clock.Now = host.Clock.Now.AddSeconds(59);
        Assert.Null(await host.LookAsync());
        host.Clock.Now = host.Clock.Now.AddSeconds(1);
        Assert.Equal([Opened], await host.LookAsync());
        Assert.Null(await host.LookAsync());
    }

    [Fact]
    public async Task A_confirming_look_that_cannot_see_is_not_repeated_each_second()
    {
        await host.SweepAsync();
        host.Says(Outcome.Fail);
        await host.SweepAsync();
        host.Says(Outcome.Unknown);
        host.Clock.Now = host.Clock.Now.AddMinutes(1);
        Assert.Equal(["test.state a unknown"], await host.LookAsync());
        host.Clock.Now = host.Clock.Now.AddSeconds(1);
        Assert.Null(await host.LookAsync());
    }

    [Fact]
    public async Task A_critical_failure_alerts_at_once()
    {
        var rule = AlertsHost.Rule with { Severity = Severity.Critical };
        using var critical = new AlertsHost(rule);
        critical.Says(Outcome.Pass, rule);
        await critical.SweepAsync();
        critical.Says(Outcome.Fail, rule);
        Assert.Equal([Opened], await critical.SweepAsync());
    }

    [Fact]
    public async Task A_failure_shorter_than_the_time_that_opens_wakes_nobody()
    {
        await host.SweepAsync();
        host.Says(Outcome.Fail);
        await host.SweepAsync();
        host.Says(Outcome.Pass);
        host.Clock.Now = host.Clock.Now.AddSeconds(30);
        await host.SweepAsync();
        Assert.Empty(await host.PassAsync(TimeSpan.FromHours(2)));
    }

    [Fact]
    public async Task A_verdict_that_flaps_faster_than_it_could_open_wakes_on_call_once()
    {
        await host.SweepAsync();
        var alerts = new List<string>();
        for (var i = 0; i < 60; i++)
        {
            host.Says(i % 2 == 0 ? Outcome.Fail : Outcome.Pass);
            host.Clock.Now = host.Clock.Now.AddSeconds(30);
            alerts.AddRange((await host.SweepAsync()).Where(news => news.EndsWith("alert", StringComparison.Ordinal)));
        }
        Assert.Equal([Opened], alerts);
        Assert.Equal([Resolved], await host.PassAsync(TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task A_verdict_that_flaps_slower_than_it_resolves_comes_to_rest()
    {
        await host.SweepAsync();
        var alerts = new List<string>();
        for (var hours = 0; hours < 8; hours++)
        {
            host.Says(Outcome.Fail);
            alerts.AddRange(await host.PassAsync(TimeSpan.FromMinutes(10), 5));
            host.Says(Outcome.Pass);
            alerts.AddRange(await host.PassAsync(TimeSpan.FromMinutes(50), 5));
        }
        // 15 and 30 minutes of rest come in an hour, the hour that follows them does not.
        Assert.Equal([Opened, Resolved, Reopened, Resolved, Reopened], alerts);
    }

    [Fact]
    public async Task A_subject_that_comes_and_goes_wakes_on_call_once()
    {
        await host.SweepAsync();
        var alerts = new List<string>();
        for (var i = 0; i < 60; i++)
        {
            Finding[] rogue = i % 2 == 0 ? [Finding.Fail(AlertsHost.Rule, "rogue", "it listens")] : [];
            host.Findings = () => [Finding.Pass(AlertsHost.Rule, "a", "good"), .. rogue];
            alerts.AddRange(await host.PassAsync(TimeSpan.FromMinutes(2)));
        }
        alerts.AddRange(await host.PassAsync(TimeSpan.FromHours(1)));
        Assert.Equal(["test.state rogue failed opened alert", "test.state rogue not_applicable resolved alert"], alerts);
    }

    [Fact]
    public async Task An_alert_resolves_when_its_verdict_has_been_good_for_long_enough_and_reopens_told_apart()
    {
        await OpenAsync();
        host.Says(Outcome.Pass);
        Assert.Equal(["test.state a passed"], await host.SweepAsync());
        Assert.Empty(await host.PassAsync(TimeSpan.FromMinutes(14)));
        host.Clock.Now = host.Clock.Now.AddMinutes(1);
        Assert.Equal([Resolved], await host.LookAsync());
        host.Says(Outcome.Fail);
        Assert.Equal([Reopened], await host.PassAsync(TimeSpan.FromMinutes(10)));
    }

    [Fact]
    public async Task An_open_alert_is_reminded_of_once_each_interval_also_over_restarts()
    {
        await OpenAsync();
        Assert.Empty(await host.PassAsync(TimeSpan.FromHours(23), 60));
        host.Restart();
        Assert.Equal([Reminder], await host.PassAsync(TimeSpan.FromHours(1), 60));
        host.Restart();
        Assert.Empty(await host.PassAsync(TimeSpan.FromHours(23), 60));
    }

    [Fact]
    public async Task What_is_due_survives_a_restart()
    {
        await host.SweepAsync();
        host.Says(Outcome.Fail);
        var shipped = await host.SweepForPayloadsAsync();
        var since = (string?)shipped[0]["ratchet"]!["since"];
        host.Clock.Now = host.Clock.Now.AddSeconds(50);
        host.Restart();
        Assert.Empty(await host.SweepAsync());
        host.Clock.Now = host.Clock.Now.AddSeconds(10);
        var alert = Assert.Single(await host.SweepForPayloadsAsync());
        Assert.Equal((since, "opened"), ((string?)alert["ratchet"]!["since"], (string?)alert["ratchet"]!["transition"]));
    }

    [Fact]
    public async Task Unknown_neither_opens_nor_resolves()
    {
        await host.SweepAsync();
        host.Says(Outcome.Fail);
        await host.SweepAsync();
        host.Says(Outcome.Unknown);
        Assert.Empty(await host.PassAsync(TimeSpan.FromMinutes(30)));
        host.Says(Outcome.Fail);
        Assert.Equal([Opened], await host.PassAsync(TimeSpan.FromMinutes(1)));
        host.Says(Outcome.Unknown);
        Assert.Empty(await host.PassAsync(TimeSpan.FromMinutes(30)));
    }

    [Fact]
    public async Task A_clock_that_was_set_back_lets_no_alert_wait_for_the_old_time()
    {
        await host.SweepAsync();
        host.Says(Outcome.Fail);
        await host.SweepAsync();
        host.Clock.Now = host.Clock.Now.AddYears(-1);
        Assert.Empty(await host.SweepAsync());
        Assert.Equal([Opened], await host.PassAsync(TimeSpan.FromMinutes(2)));
    }

    [Fact]
    public async Task A_clock_that_was_set_back_ships_no_time_of_the_future()
    {
        await OpenAsync();
        host.Clock.Now = host.Clock.Now.AddYears(-1);
        await host.SweepAsync();
        host.Clock.Now = host.Clock.Now.AddDays(1);
        var reminder = Assert.Single(await host.SweepForPayloadsAsync(), payload => (string?)payload["rule"]!["id"] == "test.state");
        Assert.Equal(("2025-11-02T12:02:00.000Z", "2025-11-01T12:02:00.000Z", "2025-11-01T12:02:00.000Z"),
            ((string?)reminder["@timestamp"], (string?)reminder["ratchet"]!["since"], (string?)reminder["ratchet"]!["alert"]!["opened"]));
    }

    [Fact]
    public async Task A_waiver_resolves_at_once_and_says_whose_and_its_end_reopens()
    {
        await OpenAsync();
        host.Settings = host.Settings with { Waivers = [new WaiverSettings("test.state", "*", "ops", "bastion", new DateOnly(2026, 11, 1))] };
        host.Restart();
        var resolved = Assert.Single(await host.SweepForPayloadsAsync(), payload => (string?)payload["event"]!["kind"] == "alert");
        Assert.Equal(("waived", "resolved", "waived"), ((string?)resolved["result"]!["evaluation"], (string?)resolved["ratchet"]!["transition"], (string?)resolved["ratchet"]!["alert"]!["reason"]));
        Assert.Equal("resolved, waived by ops until 2026-11-01: bastion: it is Fail", (string?)resolved["message"]);
        Assert.Equal("ops until 2026-11-01: bastion", (string?)resolved["result"]!["reason"]);

        host.Clock.Now = new DateTimeOffset(2026, 11, 2, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(["test.state a failed"], await host.SweepAsync());
        Assert.Contains(Reopened, await host.PassAsync(TimeSpan.FromMinutes(2)));
    }

    [Fact]
    public async Task An_alert_carries_what_a_pager_needs_and_one_key_for_its_life()
    {
        await host.SweepAsync();
        host.Says(Outcome.Fail);
        await host.SweepAsync();
        host.Clock.Now = host.Clock.Now.AddMinutes(1);
        var opened = Assert.Single(await host.SweepForPayloadsAsync());
        var alert = opened["ratchet"]!["alert"]!;
        Assert.Equal(("trigger", "error", "opened", 1, "2026-11-01T12:01:00.000Z"),
            ((string?)alert["action"], (string?)alert["severity"], (string?)alert["event"], (int)alert["openings"]!, (string?)alert["opened"]));
        host.Says(Outcome.Pass);
        await host.SweepAsync();
        host.Clock.Now = host.Clock.Now.AddMinutes(15);
        var resolved = Assert.Single(await host.SweepForPayloadsAsync());
        Assert.Equal(("resolve", (string?)alert["key"]), ((string?)resolved["ratchet"]!["alert"]!["action"], (string?)resolved["ratchet"]!["alert"]!["key"]));
        Assert.Matches("^[0-9a-f]{32}$", (string?)alert["key"]);
    }

    async Task OpenAsync()
    {
        await host.SweepAsync();
        host.Says(Outcome.Fail);
        Assert.Equal([Opened], await host.PassAsync(TimeSpan.FromMinutes(2)));
    }
}
