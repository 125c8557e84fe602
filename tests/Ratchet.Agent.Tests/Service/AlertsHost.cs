using System.Text.Json.Nodes;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Alerts;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;
using Ratchet.Agent.Service;
using Ratchet.Agent.Tests.Fixtures;
using Serilog.Core;

namespace Ratchet.Agent.Tests.Service;

/// <summary>A host whose verdicts the test sets: real sweeps, verdicts, maintenance and ledger on a clock that the test sets.</summary>
sealed class AlertsHost : IDisposable
{
    public static readonly Rule Rule = SmallCheck.NewRule("test.state");
    static readonly Speaker Speaker = Ledgers.Named("web01");

    readonly Folder folder = new(isInMemory: true);
    readonly Ledger ledger;
    readonly ICheck check;
    Sweeper sweeper = null!;

    public AlertsHost(params Rule[] rules)
    {
        Settings = new Settings { State = folder["state"] };
        check = new SmallCheck((_, _) => Task.FromResult<IReadOnlyList<Finding>>([.. Findings()]), rules is [] ? [Rule] : rules);
        ledger = Ledger.Open(Settings.State, Speaker, TimeProvider.System);
        Machine = new Machine("/", (_, _, _) => throw new CommandException("none"), Clock);
        Restart();
    }

    public HandClock Clock { get; } = new();

    public Machine Machine { get; }

    public Settings Settings { get; set; }

    public Maintenance Maintenance { get; private set; } = null!;

    public Journal Journal { get; } = new();

    public Func<IEnumerable<Finding>> Findings { get; set; } = () => [Finding.Pass(Rule, "a", "it is good")];

    /// <summary>Records of maintenance find no room on the disk.</summary>
    public bool RefusesRecords { get; set; }

    public string this[string file] => folder["state/" + file];

    public void Dispose()
    {
        ledger.Dispose();
        folder.Dispose();
    }

    /// <summary>All that a restart of the service forgets is forgotten.</summary>
    public void Restart()
    {
        Maintenance = new Maintenance(Settings.State, Machine, Speaker, Journal.Logger);
        sweeper = new Sweeper(Settings, [check, new Waivers(Settings.Waivers), new AlertsCheck(Settings, check.Rules)], Machine, ledger, Speaker, new Verdicts(Settings.State, Clock.Now), Maintenance, Logger.None);
    }

    public void Says(Outcome outcome, Rule? rule = null) => Findings = () => [new Finding(rule ?? Rule, outcome, "a", $"it is {outcome}", [])];

    /// <summary>Sweeps, and tells the news.</summary>
    public async Task<List<string>> SweepAsync()
    {
        await sweeper.SweepAsync(isSnapshot: false, default);
        return News();
    }

    /// <summary>The look that the service takes each second; null where none was due.</summary>
    public async Task<List<string>?> LookAsync() => await sweeper.FollowAlertsAsync(default) ? News() : null;

    /// <summary>What the service does with windows each second: whether one ended, and the news.</summary>
    public (bool Freed, List<string> News) Tick() => (Maintenance.Follow(Settings.Maintenance, payload => !RefusesRecords && sweeper.Announce(payload)), News());

    /// <summary>Lets time pass with a sweep each so many minutes, and gives the alerts of it.</summary>
    public async Task<List<string>> PassAsync(TimeSpan time, int minutes = 1)
    {
        var alerts = new List<string>();
        for (var end = Clock.Now + time; Clock.Now < end;)
        {
            Clock.Now = Clock.Now.AddMinutes(minutes);
            alerts.AddRange((await SweepAsync()).Where(news => news.Contains(" alert", StringComparison.Ordinal)));
        }
        return alerts;
    }

    /// <summary>The payloads since the last call; record 1 of the chain and heartbeats are left out.</summary>
    public List<JsonObject> Payloads()
    {
        var payloads = ledger.Spool.Records().Select(Ledgers.PayloadOf).ToList();
        ledger.Acknowledge(ledger.Spool.List());
        return [.. payloads.Where(payload => (string?)payload["event"]!["action"] is not ("start" or "sweep"))];
    }

    public async Task<List<JsonObject>> SweepForPayloadsAsync()
    {
        await sweeper.SweepAsync(isSnapshot: false, default);
        return Payloads();
    }

    /// <summary>The payloads of all rules but the waivers' own and those on alerts that are no alert.</summary>
    List<string> News() =>
    [
        .. Payloads()
            .Where(payload => (string?)payload["rule"]?["section"] is not ("agent" or AlertsCheck.Area) || (string?)payload["event"]!["kind"] == "alert")
            .Select(Describe),
    ];

    static string Describe(JsonObject payload)
    {
        if ((string?)payload["event"]!["action"] is not "finding" and var action) return action!;
        var alert = (string?)payload["event"]!["kind"] == "alert" ? $" {payload["ratchet"]!["alert"]!["event"]} alert" : "";
        return $"{payload["rule"]!["id"]} {payload["resource"]!["name"]} {payload["result"]!["evaluation"]}{alert}";
    }
}
