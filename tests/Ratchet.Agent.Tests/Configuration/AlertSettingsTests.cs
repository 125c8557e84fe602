using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Configuration;

public sealed class AlertSettingsTests : IDisposable
{
    readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_time_that_is_set_leaves_the_others_at_their_defaults()
    {
        var alerts = Load("""{"alerts": {"high": {"open": "5m"}, "unknown": "2h"}}""").Alerts;
        var defaults = new AlertSettings();

        Assert.Equal(defaults.High with { Open = TimeSpan.FromMinutes(5) }, alerts.High);
        Assert.Equal((defaults.Critical, defaults.Medium, defaults.Low, TimeSpan.FromHours(2)), (alerts.Critical, alerts.Medium, alerts.Low, alerts.Unknown));
        Assert.Equal(defaults, Load("{}").Alerts);
    }

    [Fact]
    public void Sweeps_are_set_for_each_severity()
    {
        var alerts = Load("""{"alerts": {"high": {"openSweeps": 3}, "low": {"resolveSweeps": 2}}}""").Alerts;
        Assert.Equal((0, 3, 0, 2), (alerts.Critical.OpenSweeps, alerts.High.OpenSweeps, alerts.High.ResolveSweeps, alerts.Low.ResolveSweeps));
    }

    [Fact]
    public void Every_severity_has_times_of_its_own() => Assert.Equal(4, Enum.GetValues<Severity>().Select(new AlertSettings().Of).Distinct().Count());

    [Fact]
    public void A_window_may_name_any_zone()
    {
        var window = Assert.Single(Load("""{"maintenance": [{"from": "2026-12-05T22:00:00+01:00", "until": "2026-12-06T02:00:00Z", "reason": "patch day", "owner": "ops"}]}""").Maintenance);
        Assert.Equal(TimeSpan.FromHours(5), window.Until - window.From);
    }

    [Theory]
    [InlineData("""{"alerts": {"critical": {"open": "25h"}}}""", "$.alerts.critical.open: expected at most 1d")]
    [InlineData("""{"alerts": {"low": {"resolve": "8d"}}}""", "$.alerts.low.resolve: expected at most 7d")]
    [InlineData("""{"alerts": {"medium": {"remind": "1m"}}}""", "$.alerts.medium.remind: expected at least 10m")]
    [InlineData("""{"alerts": {"high": {"openSweeps": -1}}}""", "$.alerts.high.openSweeps: expected 1 to 1000")]
    [InlineData("""{"alerts": {"low": {"resolveSweeps": 1001}}}""", "$.alerts.low.resolveSweeps: expected 1 to 1000")]
    [InlineData("""{"alerts": {"low": {"openSweeps": "3"}}}""", "$.alerts.low.openSweeps: ")]
    [InlineData("""{"alerts": {"unknown": "0s"}}""", "$.alerts.unknown: expected 1m to 7d")]
    [InlineData("""{"alerts": {"high": {"hold": "1m"}}}""", "$.alerts.high.hold: unknown key")]
    [InlineData("""{"alerts": {"high": null}}""", "$.alerts.high: ")]
    [InlineData("""{"maintenance": [{"from": "2026-12-05T22:00:00Z", "until": "2026-12-05T22:00:00Z", "reason": "r", "owner": "o"}]}""", "$.maintenance[0].until: expected a time after from")]
    [InlineData("""{"maintenance": [{"from": "2026-12-05T22:00:00Z", "until": "2026-12-06T22:00:01Z", "reason": "r", "owner": "o"}]}""", "$.maintenance[0].until: expected at most 24 hours")]
    [InlineData("""{"maintenance": [{"from": "2026-12-05T22:00:00", "until": "2026-12-06T02:00:00Z", "reason": "r", "owner": "o"}]}""", "$.maintenance[0].from: expected a moment with its zone")]
    [InlineData("""{"maintenance": [{"from": "2026-12-05T22:00:00Z", "until": "2026-12-06T02:00:00Z", "reason": " ", "owner": "o"}]}""", "$.maintenance[0].reason: expected why")]
    [InlineData("""{"maintenance": [{"from": "2026-12-05T22:00:00Z", "until": "2026-12-06T02:00:00Z", "reason": "r", "owner": ""}]}""", "$.maintenance[0].owner: expected who")]
    [InlineData("""{"maintenance": [{"from": "2026-12-05T22:00:00Z", "until": "2026-12-06T02:00:00Z", "reason": "r"}]}""", "$.maintenance[0]: missing: ")]
    public void What_cannot_be_meant_is_refused_with_its_place(string json, string reason) =>
        Assert.Contains(reason, Assert.Throws<SettingsException>(() => Load(json)).Message, StringComparison.Ordinal);

    Settings Load(string json) => SettingsFile.Load(folder.Write("agent.json", json), new Dictionary<string, string>()).Settings;
}
