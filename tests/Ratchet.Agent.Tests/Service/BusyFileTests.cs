using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;
using Ratchet.Agent.Service;
using Ratchet.Agent.Systemd;
using Ratchet.Agent.Tests.Fixtures;
using Serilog.Core;

namespace Ratchet.Agent.Tests.Service;

/// <summary>A watched file that is changed all the time, while one whole sweep is all there is.</summary>
public sealed class BusyFileTests : IDisposable
{
    static readonly Rule State = SmallCheck.NewRule("test.state"), Busy = SmallCheck.NewRule("busy.file");

    readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task It_holds_back_no_alert_of_another_rule()
    {
        folder.Write("root/etc/state", "good");
        await ServeAsync(TimeSpan.Zero, async (ledger, _) =>
        {
            await RecordedAsync(ledger, State, "passed", "state");
            folder.Write("root/etc/state", "bad");
            await RecordedAsync(ledger, State, "failed", "state");
            await RecordedAsync(ledger, State, "failed", "alert");
        });
    }

    [Fact]
    public async Task Its_check_runs_the_less_often_the_longer_it_takes()
    {
        folder.Write("root/etc/state", "good");
        await ServeAsync(TimeSpan.FromMilliseconds(400), async (ledger, runs) =>
        {
            await RecordedAsync(ledger, State, "passed", "state");
            var before = runs();
            await Task.Delay(TimeSpan.FromSeconds(8));
            // At once, and 4 s after that.
            Assert.InRange(runs() - before, 1, 2);
        });
    }

    /// <summary>Serves with two checks, one of them on a file that is changed every 100 ms and read for so long, until the test is done.</summary>
    async Task ServeAsync(TimeSpan takes, Func<Ledger, Func<int>, Task> test)
    {
        var runs = 0;
        var busy = new SmallCheck(async (machine, cancel) =>
        {
            Interlocked.Increment(ref runs);
            machine.ReadText("/etc/busy");
            await Task.Delay(takes, cancel);
            return [Finding.Pass(Busy, "busy", "it is there")];
        }, Busy);
        var settings = new Settings { State = folder["state"], Interval = TimeSpan.FromDays(30), Alerts = new AlertSettings { High = new AlertTimes { Open = TimeSpan.FromSeconds(3), Resolve = TimeSpan.FromHours(1) } } };
        var host = Ledgers.Named("web01");
        using var ledger = Ledger.Open(settings.State, host, TimeProvider.System);
        using var service = new AgentService(settings, () => settings, _ => [SmallCheck.OfFile(State), busy], new Machine(folder["root"], Command.RunAsync), ledger, host, new Notifier(null, null), Logger.None);
        using var stop = new CancellationTokenSource();
        var touching = TouchAsync(stop.Token);
        var running = service.RunAsync(stop.Token);
        try
        {
            await test(ledger, () => Volatile.Read(ref runs));
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(running, touching);
        }
    }

    async Task TouchAsync(CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            folder.Write("root/etc/busy", $"{i}");
            await Task.Delay(100, CancellationToken.None);
        }
    }

    static Task RecordedAsync(Ledger ledger, Rule rule, string evaluation, string kind) => Wait.UntilAsync(
        () => ledger.Spool.Records().Select(Ledgers.PayloadOf).Any(payload => (string?)payload["rule"]?["id"] == rule.Id && (string?)payload["result"]!["evaluation"] == evaluation && (string?)payload["event"]!["kind"] == kind),
        $"{rule.Id} {evaluation} {kind}");
}
