using System.Diagnostics;
using System.Runtime.InteropServices;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;
using Ratchet.Agent.Shipping;
using Ratchet.Agent.Systemd;
using Serilog;

namespace Ratchet.Agent.Service;

/// <summary>
/// The resident service: one loop that ticks each second and decides what is due. Sweeps at the interval, at a moment that
/// depends on the host; looks at watched files each second and at live digests every 15 s; feeds the watchdog; reloads.
/// </summary>
sealed class AgentService : IDisposable
{
    static readonly TimeSpan DigestInterval = TimeSpan.FromSeconds(15);

    /// <summary>How old status.json and the status line may get.</summary>
    static readonly TimeSpan NoticeInterval = TimeSpan.FromSeconds(5);

    /// <summary>Least and longest time between two runs that file changes cause.</summary>
    static readonly TimeSpan LeastRerunPause = TimeSpan.FromSeconds(1), LongestRerunPause = TimeSpan.FromSeconds(15);

    /// <summary>The pause after a run that file changes cause is so many times what it took: who keeps touching a file has a tenth of the time.</summary>
    const int RerunPauseFactor = 10;

    /// <summary>How long a stop tries to ship what is left.</summary>
    static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(10);

    readonly Func<Settings> load;
    readonly Func<Settings, IReadOnlyList<ICheck>> build;
    readonly Machine machine;
    readonly Ledger ledger;
    readonly Speaker speaker;
    readonly Verdicts verdicts;
    readonly Maintenance maintenance;
    readonly Notifier notifier;
    readonly ILogger journal;
    readonly DateTimeOffset started;
    readonly PosixSignalRegistration reload;
    Settings settings;
    Sweeper sweeper;
    Delivery? delivery;
    TimeSpan rerunPause;
    DateTimeOffset nextSweep, nextSnapshot, nextDigest, nextRerun, nextNotice;
    byte[] lastStatus = [];
    string? statusTrouble;
    bool areKeyRequestsStuck;
    volatile bool reloadAsked;

    /// <param name="load">Reads the configuration again.</param>
    /// <param name="build">Makes the checks for a configuration.</param>
    public AgentService(Settings settings, Func<Settings> load, Func<Settings, IReadOnlyList<ICheck>> build, Machine machine, Ledger ledger, Speaker speaker, Notifier notifier, ILogger journal)
    {
        (this.settings, this.load, this.build, this.machine, this.ledger) = (settings, load, build, machine, ledger);
        (this.speaker, this.notifier, this.journal, started) = (speaker, notifier, journal, machine.Now);
        verdicts = new Verdicts(settings.State, started);
        maintenance = new Maintenance(settings.State, machine, speaker, journal);
        sweeper = NewSweeper();
        delivery = Delivery.Start(settings.Logstash, ledger, machine.Clock, journal);
        // Before READY: a SIGHUP that nobody handles ends the process.
        reload = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            reloadAsked = true;
        });
    }

    public void Dispose() => reload.Dispose();

    /// <summary>Serves until <paramref name="stoppingToken"/> asks to stop, then ships what it can within its limit.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        notifier.Ready();
        if (!ledger.IsNewChain) sweeper.Announce(Payload.Start(speaker, machine.Now, "restart", follows: null));
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            do await TickAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            notifier.Stopping();
            await FarewellAsync();
        }
    }

    async Task TickAsync(CancellationToken cancel)
    {
        notifier.Alive();
        if (reloadAsked) await ReloadAsync();
        FollowKeyRequest(KeyRotation.Prepare, "the successor of the signing key is {KeyId:l}", ledger.PrepareKey);
        FollowKeyRequest(KeyRotation.Rotate, "the signing key is now {KeyId:l}", ledger.RotateKey);
        // What is still bad at the end of a window is told at once.
        if (maintenance.Follow(settings.Maintenance, sweeper.Announce)) nextSweep = default;
        sweeper.TakeLate();
        var now = machine.Now;
        if (!sweeper.IsSweeping && IsDue(nextSweep, settings.Interval, now)) await SweepAsync(now, cancel);
        else if (IsDue(nextDigest, DigestInterval, now))
        {
            await sweeper.FollowDigestsAsync(cancel);
            nextDigest = machine.Now + DigestInterval;
        }
        else
        {
            if (IsDue(nextRerun, rerunPause, now)) await FollowFilesAsync(cancel);
            // Alerts wait for no file.
            await sweeper.FollowAlertsAsync(cancel);
        }
        if (IsDue(nextNotice, NoticeInterval, now)) Notice();
    }

    async Task FollowFilesAsync(CancellationToken cancel)
    {
        var began = Stopwatch.GetTimestamp();
        if (!await sweeper.FollowFilesAsync(cancel)) return;
        var rest = Stopwatch.GetElapsedTime(began) * RerunPauseFactor;
        rerunPause = rest < LeastRerunPause ? LeastRerunPause : rest < LongestRerunPause ? rest : LongestRerunPause;
        nextRerun = machine.Now + rerunPause;
    }

    /// <summary>Also where the clock was set back by more than an interval: that must not silence the sweeps.</summary>
    static bool IsDue(DateTimeOffset next, TimeSpan interval, DateTimeOffset now) => now >= next || next - now > interval;

    async Task SweepAsync(DateTimeOffset now, CancellationToken cancel)
    {
        var isSnapshot = IsDue(nextSnapshot, settings.Snapshot, now);
        await sweeper.SweepAsync(isSnapshot, cancel);
        nextSweep = Schedule.Next(now, settings.Interval, speaker.Id);
        if (isSnapshot) nextSnapshot = Schedule.Next(now, settings.Snapshot, speaker.Id);
        nextDigest = machine.Now + DigestInterval;
        Notice();
    }

    /// <summary>Refuses a bad configuration and keeps the old one.</summary>
    async Task ReloadAsync()
    {
        reloadAsked = false;
        notifier.Reloading();
        try
        {
            var loaded = load();
            if (loaded.State != settings.State || loaded.Host != settings.Host) throw new SettingsException("reload", "$", "state and host take effect only by a restart");
            var next = Delivery.Start(loaded.Logstash, ledger, machine.Clock, journal);
            if (delivery is not null) await delivery.StopAsync(TimeSpan.Zero);
            (settings, delivery) = (loaded, next);
            sweeper = NewSweeper();
            nextSweep = default;
            journal.Information("the configuration was read again");
        }
        catch (SettingsException e)
        {
            journal.Error("the configuration is refused, the old one stays in force: {Reason:l}", e.Message);
        }
        notifier.Ready();
    }

    void FollowKeyRequest(string step, string news, Func<string> act)
    {
        if (areKeyRequestsStuck || !KeyRotation.IsRequested(machine, settings.State, step)) return;
        try
        {
            journal.Information(news, act());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            journal.Error(e, "{Step:l} failed", step);
        }
        try
        {
            KeyRotation.Done(settings.State, step);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            journal.Error("the request for a new key cannot be removed, and is met once more after a restart: {Reason:l}", e.Message);
            areKeyRequestsStuck = true;
        }
    }

    async Task FarewellAsync()
    {
        sweeper.Announce(Payload.Stop(speaker, machine.Now));
        if (delivery is not null) await delivery.StopAsync(FarewellLimit);
        Notice();
    }

    Sweeper NewSweeper() => new(settings, build(settings), machine, ledger, speaker, verdicts, maintenance, journal) { Swept = Rest };

    /// <summary>At rest the service needs little: what the sweep took goes back to the system, for a few milliseconds each interval.</summary>
    static void Rest()
    {
        ResidentCode.Release();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        Libc.ReleaseMemory();
    }

    void Notice()
    {
        nextNotice = machine.Now + NoticeInterval;
        var report = Report();
        var rendered = StatusFile.Render(report);
        if (rendered.AsSpan().SequenceEqual(lastStatus)) return;
        try
        {
            StatusFile.Write(settings.State, rendered);
            (lastStatus, statusTrouble) = (rendered, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (e.Message != statusTrouble) journal.Error("status.json could not be written: {Reason:l}", e.Message);
            statusTrouble = e.Message;
        }
        notifier.Status($"{report.Counts["failed"]} failed, {report.Counts["unknown"]} unknown; {report.SpoolBatches} batches wait" + (report.Trouble is null ? "" : $"; {report.Trouble}"));
    }

    StatusReport Report()
    {
        var findings = sweeper.Findings;
        var counts = Payload.Evaluations.ToDictionary(name => name, name => findings.Count(finding => Payload.Evaluation(finding) == name));
        var open = findings.Where(finding => finding.Outcome == Outcome.Fail && finding.Waiver is null).Select(finding => new OpenFailure(finding.Rule.Id, finding.Subject, finding.Message));
        var (head, shipping) = (ledger.Head, delivery?.State ?? new ShippingState(null, "no Logstash is configured"));
        return new StatusReport(Speaker.AgentVersion, Environment.ProcessId, started, sweeper.LastSweep, settings.Interval.TotalSeconds, counts, [.. open],
            StandingAlert.Of(verdicts.Known, maintenance.InForce.Count > 0), [.. maintenance.InForce.Select(window => new StandingWindow(window.Until, window.Who, window.Reason))],
            ledger.WaitingCount, head.Id, head.Sequence, head.KeyId, shipping.Acknowledged, ledger.Trouble ?? shipping.Trouble);
    }
}
