using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Service;

/// <summary>Alerts of which a number of sweeps decides: three open one, two resolve it, while the times are hours.</summary>
public sealed class AlertSweepsTests : IDisposable
{
    const string Opened = "test.state a failed opened alert", Reopened = "test.state a failed reopened alert", Resolved = "test.state a passed resolved alert";

    readonly AlertsHost host = new();

    public AlertSweepsTests()
    {
        var times = new AlertTimes { Open = TimeSpan.FromHours(20), Resolve = TimeSpan.FromHours(20), OpenSweeps = 3, ResolveSweeps = 2 };
        host.Settings = host.Settings with { Alerts = new AlertSettings { High = times } };
        host.Restart();
    }

    public void Dispose() => host.Dispose();

    [Fact]
    public async Task So_many_sweeps_in_a_row_open_and_resolve_also_over_a_restart()
    {
        await host.SweepAsync();
        host.Says(Outcome.Fail);
        Assert.Empty(await host.PassAsync(TimeSpan.FromMinutes(2)));
        host.Restart();
        Assert.Equal([Opened], await host.PassAsync(TimeSpan.FromMinutes(1)));
        host.Says(Outcome.Pass);
        Assert.Empty(await host.PassAsync(TimeSpan.FromMinutes(1)));
        host.Restart();
        Assert.Equal([Resolved], await host.PassAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task A_sweep_that_sees_the_other_side_begins_the_count_anew()
    {
        await host.SweepAsync();
        foreach (var outcome in (Outcome[])[Outcome.Fail, Outcome.Fail, Outcome.Pass, Outcome.Fail, Outcome.Fail])
        {
            host.Says(outcome);
            Assert.Empty(await host.PassAsync(TimeSpan.FromMinutes(1)));
        }
        Assert.Equal([Opened], await host.PassAsync(TimeSpan.FromMinutes(1)));
        foreach (var outcome in (Outcome[])[Outcome.Pass, Outcome.Fail, Outcome.Pass])
        {
            host.Says(outcome);
            Assert.Empty(await host.PassAsync(TimeSpan.FromMinutes(1)));
        }
        Assert.Equal([Resolved], await host.PassAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task A_sweep_that_cannot_see_counts_for_neither_side()
    {
        await host.SweepAsync();
        host.Says(Outcome.Fail);
        Assert.Empty(await host.PassAsync(TimeSpan.FromMinutes(1)));
        host.Says(Outcome.Unknown);
        Assert.Empty(await host.PassAsync(TimeSpan.FromMinutes(5)));
        host.Says(Outcome.Fail);
        Assert.Empty(await host.PassAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal([Opened], await host.PassAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task A_look_between_two_sweeps_is_none()
    {
        host.Settings.Alerts.High.Open = TimeSpan.FromSeconds(90);
        await host.SweepAsync();
        Fails("b");
        await host.PassAsync(TimeSpan.FromMinutes(1));
        Fails("a", "b");
        await host.PassAsync(TimeSpan.FromMinutes(1));
        host.Clock.Now = host.Clock.Now.AddSeconds(30);
        Assert.Equal(["test.state b failed opened alert"], await host.LookAsync());
        host.Clock.Now = host.Clock.Now.AddSeconds(30);
        Assert.Empty(await host.SweepAsync());
        host.Clock.Now = host.Clock.Now.AddSeconds(1);
        Assert.Equal([Opened], await host.SweepAsync());

        void Fails(params string[] subjects) => host.Findings = () => [.. subjects.Select(subject => Finding.Fail(AlertsHost.Rule, subject, "it is bad"))];
    }

    [Fact]
    public async Task The_sweeps_that_resolve_double_with_each_reopening()
    {
        await host.SweepAsync();
        host.Says(Outcome.Fail);
        Assert.Equal([Opened], await host.PassAsync(TimeSpan.FromMinutes(3)));
        host.Says(Outcome.Pass);
        Assert.Equal([Resolved], await host.PassAsync(TimeSpan.FromMinutes(2)));
        host.Says(Outcome.Fail);
        Assert.Empty(await host.PassAsync(TimeSpan.FromMinutes(2)));
        Assert.Equal([Reopened], await host.PassAsync(TimeSpan.FromMinutes(1)));
        host.Says(Outcome.Pass);
        Assert.Empty(await host.PassAsync(TimeSpan.FromMinutes(3)));
        Assert.Equal([Resolved], await host.PassAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task In_maintenance_sweeps_are_counted_and_its_end_opens()
    {
        await host.SweepAsync();
        host.Settings = host.Settings with { Maintenance = [new MaintenanceSettings(host.Clock.Now, host.Clock.Now.AddMinutes(5), "patch day", "ops")] };
        host.Tick();
        host.Says(Outcome.Fail);
        Assert.Empty(await host.PassAsync(TimeSpan.FromMinutes(4)));
        host.Clock.Now = host.Clock.Now.AddMinutes(1);
        host.Tick();
        Assert.Contains(Opened, await host.SweepAsync());
    }

    [Fact]
    public async Task Without_a_number_of_sweeps_the_time_alone_counts()
    {
        host.Settings.Alerts.High.OpenSweeps = 0;
        host.Settings.Alerts.High.ResolveSweeps = 0;
        await host.SweepAsync();
        host.Says(Outcome.Fail);
        Assert.Empty(await host.PassAsync(TimeSpan.FromHours(19), 5));
        Assert.Equal([Opened], await host.PassAsync(TimeSpan.FromHours(2), 5));
        host.Says(Outcome.Pass);
        Assert.Empty(await host.PassAsync(TimeSpan.FromHours(19), 5));
    }

    [Fact]
    public async Task A_verdict_that_waits_for_its_time_is_not_written_each_sweep()
    {
        host.Settings.Alerts.High.OpenSweeps = 0;
        await host.SweepAsync();
        host.Says(Outcome.Fail);
        await host.PassAsync(TimeSpan.FromMinutes(3));
        var written = File.GetLastWriteTimeUtc(host["verdicts.json"]);
        await host.PassAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(written, File.GetLastWriteTimeUtc(host["verdicts.json"]));
    }
}
