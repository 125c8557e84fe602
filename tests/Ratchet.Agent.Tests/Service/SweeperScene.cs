using System.Text.Json.Nodes;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;
using Ratchet.Agent.Service;
using Ratchet.Agent.Tests.Fixtures;
using Serilog.Core;

namespace Ratchet.Agent.Tests.Service;

/// <summary>A sweeper over a folder, and what it records.</summary>
public abstract class SweeperScene : IDisposable
{
    private protected static readonly Speaker Host = Ledgers.Named("web01");
    private protected static readonly Rule State = SmallCheck.NewRule("test.state");

    private protected readonly Folder folder = new();
    private protected readonly HandClock clock = new();
    private protected readonly Ledger ledger;
    private protected readonly Settings settings;

    private protected SweeperScene()
    {
        folder.Write("root/etc/state", "good");
        // No time has to pass here: AlertsTests has the times.
        settings = new Settings { State = folder["state"], Alerts = new AlertSettings { High = new AlertTimes() } };
        ledger = Ledger.Open(settings.State, Host, TimeProvider.System);
    }

    public void Dispose()
    {
        ledger.Dispose();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected Sweeper NewSweeper(params ICheck[] checks) => NewSweeper(ledger, checks);

    private protected Sweeper NewSweeper(Ledger kept, params ICheck[] checks)
    {
        var machine = new Machine(folder["root"], (_, _, _) => throw new CommandException("none"), clock);
        return new Sweeper(settings, checks, machine, kept, Host, new Verdicts(settings.State, clock.Now), new Maintenance(settings.State, machine, Host, Logger.None), Logger.None);
    }

    /// <summary>What the records since the last call say; record 1 of the chain is left out.</summary>
    private protected List<string> News() => News(ledger);

    private protected static List<string> News(Ledger ledger)
    {
        var payloads = ledger.Spool.Records().Select(Ledgers.PayloadOf).ToList();
        ledger.Acknowledge(ledger.Spool.List());
        return [.. payloads.Where(payload => (string?)payload["event"]!["action"] != "start").Select(Describe)];
    }

    static string Describe(JsonObject payload)
    {
        var action = (string)payload["event"]!["action"]!;
        var alert = (string?)payload["event"]!["kind"] == "alert" ? " alert" : "";
        return action == "finding" ? $"{action} {payload["result"]!["evaluation"]} {payload["ratchet"]!["transition"]}{alert}" : action;
    }
}
