using System.Diagnostics;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Service;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Service;

public sealed class MaintenanceTests : IDisposable
{
    const string Opened = "test.state a failed opened alert";

    readonly AlertsHost host = new();
    readonly DateTimeOffset noon;

    public MaintenanceTests() => noon = host.Clock.Now;

    public void Dispose() => host.Dispose();

    [Fact]
    public async Task In_a_window_findings_are_recorded_and_alerts_held_and_at_its_end_what_is_bad_opens()
    {
        await host.SweepAsync();
        Ask("start", TimeSpan.FromHours(2));
        Assert.Equal(["maintenance-started"], host.Tick().News);
        host.Says(Outcome.Fail);
        Assert.Equal(["test.state a failed"], await host.SweepAsync());
        Assert.Empty(await host.PassAsync(TimeSpan.FromMinutes(119)));
        Assert.Null(await host.LookAsync());

        host.Clock.Now = noon.AddHours(2);
        var (freed, news) = host.Tick();
        Assert.True(freed);
        Assert.Equal(["maintenance-ended"], news);
        Assert.Equal([Opened], await host.SweepAsync());
    }

    [Fact]
    public async Task What_went_up_and_down_in_a_window_and_is_good_at_its_end_wakes_nobody()
    {
        await host.SweepAsync();
        Ask("start", TimeSpan.FromHours(1));
        host.Tick();
        for (var i = 0; i < 10; i++)
        {
            host.Says(i % 2 == 0 ? Outcome.Fail : Outcome.Pass);
            Assert.Empty(await host.PassAsync(TimeSpan.FromMinutes(5)));
        }
        host.Clock.Now = noon.AddHours(1);
        Assert.True(host.Tick().Freed);
        Assert.Empty(await host.PassAsync(TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task What_went_up_and_down_in_a_window_has_to_hold_after_it_like_any_failure()
    {
        await host.SweepAsync();
        Ask("start", TimeSpan.FromHours(1));
        host.Tick();
        for (var i = 0; i < 11; i++)
        {
            host.Says(i % 2 == 0 ? Outcome.Fail : Outcome.Pass);
            await host.SweepAsync();
            host.Clock.Now = noon.AddHours(1).AddSeconds(-30);
        }
        host.Clock.Now = noon.AddHours(1);
        Assert.True(host.Tick().Freed);
        Assert.Empty(await host.SweepAsync());
        host.Clock.Now = noon.AddHours(1).AddSeconds(30);
        Assert.Equal([Opened], await host.SweepAsync());
    }

    [Fact]
    public void The_records_say_who_why_and_until_when()
    {
        Ask("start", TimeSpan.FromHours(2));
        host.Maintenance.Follow([], Record);
        var started = Assert.Single(recorded);
        Assert.Equal(("maintenance-started", "kernel update", "2026-11-01T14:00:00.000Z"), ((string?)started["event"]!["action"], (string?)started["event"]!["reason"], (string?)started["event"]!["end"]));
        Assert.Equal(("alice (sudo)", Ratchet.Agent.Probes.Libc.EffectiveUser.ToString()), ((string?)started["user"]!["name"], (string?)started["user"]!["id"]));
        Assert.False(File.Exists(host["maintenance.request"]));

        Ask("stop");
        Assert.True(host.Maintenance.Follow([], Record));
        Assert.Equal(("maintenance-ended", "stopped", "alice (sudo)"), ((string?)recorded[1]["event"]!["action"], (string?)recorded[1]["ratchet"]!["maintenance"]!["end"], (string?)recorded[1]["ratchet"]!["maintenance"]!["ended_by"]));
        Assert.Empty(host.Maintenance.InForce);
    }

    [Fact]
    public void A_window_survives_a_restart_and_ends_once()
    {
        Ask("start", TimeSpan.FromHours(2));
        host.Tick();
        host.Restart();
        Assert.Single(host.Maintenance.InForce);
        Assert.Equal((false, 0), (host.Tick().Freed, host.Tick().News.Count));
        host.Clock.Now = noon.AddHours(3);
        host.Restart();
        Assert.Equal(["maintenance-ended"], host.Tick().News);
        host.Restart();
        Assert.Empty(host.Tick().News);
    }

    [Fact]
    public void A_second_start_takes_the_place_of_the_first_and_is_no_end()
    {
        Ask("start", TimeSpan.FromHours(2));
        host.Tick();
        Ask("start", TimeSpan.FromHours(5));
        var (freed, news) = host.Tick();
        Assert.False(freed);
        Assert.Equal(["maintenance-started", "maintenance-ended"], news);
        Assert.Equal(noon.AddHours(5), Assert.Single(host.Maintenance.InForce).Until);
    }

    [Fact]
    public void A_clock_that_was_set_back_ends_the_window()
    {
        Ask("start", TimeSpan.FromHours(2));
        host.Tick();
        host.Clock.Now = noon.AddYears(-1);
        Assert.Empty(host.Maintenance.InForce);
        Assert.Equal(["maintenance-ended"], host.Tick().News);
    }

    [Fact]
    public void A_window_that_cannot_be_recorded_does_not_begin_and_is_tried_again()
    {
        Ask("start", TimeSpan.FromHours(2));
        host.RefusesRecords = true;
        host.Tick();
        Assert.Empty(host.Maintenance.InForce);
        host.RefusesRecords = false;
        Assert.Empty(host.Tick().News);
        host.Clock.Now = noon.AddMinutes(1);
        Assert.Equal(["maintenance-started"], host.Tick().News);
        Assert.Single(host.Maintenance.InForce);
    }

    [Fact]
    public void A_window_that_could_not_be_saved_is_saved_a_minute_later_and_one_that_changes_at_once()
    {
        Directory.CreateDirectory(host["maintenance.json.tmp/in-the-way"]);
        Ask("start", TimeSpan.FromHours(2));
        for (var i = 0; i < 3; i++) host.Tick();
        Assert.Single(host.Journal.Lines, line => line.Contains("maintenance.json could not be written", StringComparison.Ordinal));
        Directory.Delete(host["maintenance.json.tmp"], recursive: true);
        host.Tick();
        Assert.False(File.Exists(host["maintenance.json"]));
        host.Clock.Now = noon.AddMinutes(1);
        host.Tick();
        host.Restart();
        Assert.Single(host.Maintenance.InForce);

        Directory.CreateDirectory(host["maintenance.json.tmp/in-the-way"]);
        Ask("start", TimeSpan.FromHours(3));
        host.Tick();
        Directory.Delete(host["maintenance.json.tmp"], recursive: true);
        Ask("start", TimeSpan.FromHours(4));
        host.Tick();
        host.Restart();
        Assert.Equal(host.Clock.Now.AddHours(4), Assert.Single(host.Maintenance.InForce).Until);
    }

    [Fact]
    public async Task A_configured_window_holds_alerts_from_its_begin_to_its_end()
    {
        Configure(noon.AddHours(1), noon.AddHours(2));
        await host.SweepAsync();
        Assert.Empty(host.Tick().News);
        host.Clock.Now = noon.AddHours(1);
        Assert.Equal(["maintenance-started"], host.Tick().News);
        host.Restart();
        Assert.Empty(host.Tick().News);
        host.Says(Outcome.Fail);
        Assert.Empty(await host.PassAsync(TimeSpan.FromMinutes(30)));
        host.Clock.Now = noon.AddHours(2);
        Assert.Equal(["maintenance-ended"], host.Tick().News);
        Assert.Equal([Opened], await host.SweepAsync());
    }

    [Fact]
    public void A_configured_window_that_is_stopped_does_not_begin_again()
    {
        Configure(noon, noon.AddHours(2));
        host.Tick();
        Ask("stop");
        Assert.Equal(["maintenance-ended"], host.Tick().News);
        host.Restart();
        Assert.Empty(host.Tick().News);
        Assert.Empty(host.Maintenance.InForce);
        host.Clock.Now = noon.AddHours(2);
        Assert.Equal((false, 0), (host.Tick().Freed, host.Tick().News.Count));
    }

    [Fact]
    public void A_window_that_is_taken_out_of_the_configuration_ends()
    {
        Configure(noon, noon.AddHours(2));
        host.Tick();
        host.Settings = host.Settings with { Maintenance = [] };
        Assert.Equal(["maintenance-ended"], host.Tick().News);
    }

    [Theory]
    [InlineData("")]
    [InlineData("start")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"id":"1","verb":"start","who":"x","at":"2026-11-01T12:00:00Z","until":"2026-11-01T14:00:00Z","reason":"r","more":1}""")]
    [InlineData("""{"id":"1","verb":"start","who":"x","at":"2026-11-01T12:00:00Z","until":"2026-11-01T14:00:00Z","reason":" "}""")]
    [InlineData("""{"id":"1","verb":"start","who":null,"at":"2026-11-01T12:00:00Z","until":"2026-11-01T14:00:00Z","reason":"r"}""")]
    [InlineData("""{"id":"1","verb":"start","who":"x","at":"2026-11-01T12:00:00Z","until":null,"reason":"r"}""")]
    [InlineData("""{"id":"1","verb":"start","who":"x","at":"2026-11-01T12:00:00Z","until":"2026-11-01T12:00:00Z","reason":"r"}""")]
    [InlineData("""{"id":"1","verb":"start","who":"x","at":"2026-11-01T12:00:00Z","until":"2026-11-02T12:00:01Z","reason":"r"}""")]
    [InlineData("""{"id":"1","verb":"start","who":"x","at":"2026-11-01T12:00:00Z","until":"9999-12-31T23:59:59Z","reason":"r"}""")]
    [InlineData("""{"id":"1","verb":"pause","who":"x","at":"2026-11-01T12:00:00Z","until":"2026-11-01T14:00:00Z","reason":"r"}""")]
    public void A_request_that_asks_for_what_there_is_not_is_refused(string content)
    {
        File.WriteAllText(host["maintenance.request"], content);
        Refused();
    }

    [Fact]
    public void A_binary_or_huge_request_is_refused()
    {
        File.WriteAllBytes(host["maintenance.request"], [0, 255, 254, 1, 0]);
        Refused();
        using (var file = File.OpenWrite(host["maintenance.request"])) file.SetLength(1L << 40);
        Refused();
    }

    [Fact]
    public void A_link_to_a_good_request_is_refused_and_its_target_left_alone()
    {
        Ask("start", TimeSpan.FromHours(2));
        File.Move(host["maintenance.request"], host["elsewhere"]);
        File.CreateSymbolicLink(host["maintenance.request"], host["elsewhere"]);
        Refused();
        Assert.True(File.Exists(host["elsewhere"]));
    }

    [Fact]
    public void A_pipe_is_refused_and_nothing_hangs()
    {
        using (var mkfifo = Process.Start("mkfifo", host["maintenance.request"])) mkfifo.WaitForExit();
        Refused();
    }

    [Fact]
    public void A_directory_is_refused_once()
    {
        Directory.CreateDirectory(host["maintenance.request"]);
        for (var i = 0; i < 3; i++) Assert.Empty(host.Tick().News);
        Assert.Single(host.Journal.Lines, line => line.Contains("is refused", StringComparison.Ordinal));
        Assert.Empty(host.Maintenance.InForce);
    }

    [NeedsRootFact]
    public void A_request_of_another_user_is_refused()
    {
        Ask("start", TimeSpan.FromHours(2));
        using (var chown = Process.Start("chown", ["65534", host["maintenance.request"]])) chown.WaitForExit();
        Refused();
    }

    [Fact]
    public void A_request_that_others_may_write_is_refused()
    {
        Ask("start", TimeSpan.FromHours(2));
        File.SetUnixFileMode(host["maintenance.request"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
        Refused();
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("[null]")]
    [InlineData("null")]
    public void Damaged_windows_hold_nothing_back(string content)
    {
        File.WriteAllText(host["maintenance.json"], content);
        host.Restart();
        Assert.Empty(host.Maintenance.InForce);
        Assert.Empty(host.Tick().News);
    }

    readonly List<System.Text.Json.Nodes.JsonObject> recorded = [];

    bool Record(System.Text.Json.Nodes.JsonObject payload)
    {
        recorded.Add(payload);
        return true;
    }

    void Ask(string verb, TimeSpan? length = null) =>
        new MaintenanceRequest(Guid.NewGuid().ToString(), verb, "alice (sudo)", host.Clock.Now, host.Clock.Now + length, length is null ? null : "kernel update").Leave(host.Settings.State);

    void Configure(DateTimeOffset from, DateTimeOffset until) => host.Settings = host.Settings with { Maintenance = [new MaintenanceSettings(from, until, "patch day", "ops")] };

    void Refused()
    {
        Assert.Empty(host.Tick().News);
        Assert.Empty(host.Maintenance.InForce);
        Assert.Null(host.Machine.Status(host["maintenance.request"], follow: false));
    }
}
