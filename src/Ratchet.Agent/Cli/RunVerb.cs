using System.CommandLine;
using System.Runtime.InteropServices;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;
using Ratchet.Agent.Service;
using Ratchet.Agent.Systemd;
using Serilog;

namespace Ratchet.Agent.Cli;

/// <summary><c>run</c>: the service; with <c>--once</c> one sweep, shipped, then it ends.</summary>
static class RunVerb
{
    public static Verb Build(Setup setup)
    {
        var once = new Option<bool>("--once") { Description = "one sweep, shipped, then end; exit 1 if records are left in the spool" };
        var wait = new Option<string>("--wait") { Description = "how long --once tries to ship", HelpName = "DURATION", DefaultValueFactory = _ => "60s" };
        var verb = new Verb("run", "the service, as systemd starts it") { once, wait };
        verb.SetAction((arguments, cancel) => Setup.GuardAsync(() =>
            arguments.GetValue(once) ? OnceAsync(setup, setup.Load(arguments).Settings, Duration(arguments.GetValue(wait)!), cancel) : ServeAsync(setup, arguments)));
        return verb;
    }

    static TimeSpan Duration(string text) => DurationConverter.TryParse(text, out var duration) ? duration : throw new FormatException($"--wait: expected a duration such as 30s, found {text}");

    static async Task<int> OnceAsync(Setup setup, Settings settings, TimeSpan wait, CancellationToken cancel)
    {
        using var journal = NewJournal();
        var machine = new Machine("/", Probes.Command.RunAsync);
        await setup.Aws.LearnPlaceAsync(machine, settings.Aws, cancel);
        var speaker = Speaker.Of(machine, settings.Host, setup.Aws.Cloud);
        StateOwner.Demand(settings.State);
        using var ledger = Ledger.Open(settings.State, speaker, machine.Clock);
        var maintenance = new Maintenance(settings.State, machine, speaker, journal);
        var sweeper = new Sweeper(settings, setup.Checks(settings), machine, ledger, speaker, new Verdicts(settings.State, machine.Now), maintenance, journal);
        maintenance.Follow(settings.Maintenance, sweeper.Announce);
        await sweeper.SweepAsync(isSnapshot: true, cancel);
        await sweeper.CompleteAsync();
        if (Delivery.Start(settings.Logstash, ledger, machine.Clock, journal) is { } delivery) await delivery.StopAsync(wait);
        var left = ledger.WaitingCount;
        if (left > 0) journal.Warning("{Count} batches are left in the spool", left);
        return left == 0 ? Exit.Good : Exit.Bad;
    }

    static async Task<int> ServeAsync(Setup setup, ParseResult arguments)
    {
        var settings = setup.Load(arguments).Settings;
        using var journal = NewJournal();
        var machine = new Machine("/", Probes.Command.RunAsync);
        await setup.Aws.LearnPlaceAsync(machine, settings.Aws, CancellationToken.None);
        var speaker = Speaker.Of(machine, settings.Host, setup.Aws.Cloud);
        StateOwner.Demand(settings.State);
        using var ledger = Ledger.Open(settings.State, speaker, machine.Clock);
        using var notifier = Notifier.FromEnvironment();
        using var service = new AgentService(settings, () => setup.Load(arguments).Settings, setup.Checks, machine, ledger, speaker, notifier, journal);
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        await service.RunAsync(stop.Token);
        return Exit.Good;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    static Serilog.Core.Logger NewJournal() => new LoggerConfiguration()
        .MinimumLevel.Information()
        .WriteTo.Sink(new JournalSink())
        .CreateLogger();
}
