using System.Diagnostics;
using System.Text.Json.Nodes;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;
using Ratchet.Agent.Shipping;
using Serilog;

namespace Ratchet.Agent.Service;

/// <summary>
/// The work on one configuration: sweeps, compares, records. <see cref="AgentService"/> says when.
/// </summary>
sealed class Sweeper(Settings settings, IReadOnlyList<ICheck> checks, Machine machine, Ledger ledger, Speaker speaker, Verdicts verdicts, Maintenance maintenance, ILogger journal)
{
    static readonly TimeSpan CheckLimit = TimeSpan.FromSeconds(30);

    readonly Sweep sweep = new(machine, CheckLimit, new Waivers(settings.Waivers));
    readonly FileWatch watch = new(machine);
    readonly Dictionary<ICheck, CheckRun> latest = [];
    readonly Dictionary<ICheck, long?> digests = [];
    readonly ILogger records = RecordSink.NewLogger(ledger);

    /// <summary>All findings as of the last run of each check.</summary>
    public IReadOnlyList<Finding> Findings => [.. latest.Values.SelectMany(run => run.Findings)];

    public DateTimeOffset? LastSweep { get; private set; }

    /// <summary>Runs every check and records what changed, or everything, and the heartbeat.</summary>
    public async Task SweepAsync(bool isSnapshot, CancellationToken cancel)
    {
        var (started, processor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var runs = await RunAsync(checks, cancel);
        LastSweep = machine.Now;
        var times = runs.ToDictionary(run => run.Check.Rules[0].Area, run => run.Duration);
        Record(runs, isSnapshot, () => Payload.OfSweep(
            new SweepReport(Findings, settings.Interval, Stopwatch.GetElapsedTime(started), Environment.CpuUsage.TotalTime - processor, ledger.Head, ledger.WaitingCount, times), speaker, machine.Now));
        // At rest the service needs little: what the sweep took goes back to the system, for a few milliseconds each interval.
        ResidentCode.Release();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        Libc.ReleaseMemory();
    }

    /// <summary>Runs the checks whose files changed, and records what that changed. Returns whether there were any.</summary>
    public async Task<bool> FollowFilesAsync(CancellationToken cancel) => await RerunAsync(watch.Changed(), cancel);

    /// <summary>Runs the checks whose digest of live state changed. Returns whether there were any.</summary>
    public async Task<bool> FollowDigestsAsync(CancellationToken cancel)
    {
        var changed = new List<ICheck>();
        var shared = machine.ForSweep();
        foreach (var check in checks)
            if (latest.ContainsKey(check) && await DigestAsync(check, shared, cancel) is { } digest && digest != digests.GetValueOrDefault(check)) changed.Add(check);
        return await RerunAsync(changed, cancel);
    }

    /// <summary>
    /// Runs the checks of whose verdicts one has now held for as long as it takes to open or resolve its alert: the news does not
    /// wait for the next sweep. Returns whether there were any.
    /// </summary>
    public async Task<bool> FollowAlertsAsync(CancellationToken cancel)
    {
        if (maintenance.InForce.Count > 0) return false;
        var now = machine.Now;
        var due = checks.Where(check => latest.TryGetValue(check, out var run) && verdicts.DueBetween(run.Started, now, check.Rules, settings.Alerts).Any()).ToList();
        return await RerunAsync(due, cancel, "an alert is due");
    }

    /// <summary>Records what is no finding: start, stop, maintenance. False where it is not on the disk.</summary>
    public bool Announce(JsonObject payload) => Write([payload]);

    async Task<bool> RerunAsync(IReadOnlyList<ICheck> changed, CancellationToken cancel, string reason = "something changed")
    {
        if (changed.Count == 0) return false;
        journal.Information("looking again at {Areas:l}: {Reason:l}", string.Join(", ", changed.Select(check => check.Rules[0].Area)), reason);
        Record(await RunAsync(changed, cancel), isSnapshot: false, heartbeat: null);
        return true;
    }

    async Task<CheckRun[]> RunAsync(IReadOnlyList<ICheck> some, CancellationToken cancel)
    {
        // The digest is taken before the look: a change in between is seen as one next time.
        var shared = machine.ForSweep();
        foreach (var check in some) digests[check] = await DigestAsync(check, shared, cancel);
        var runs = await sweep.RunAsync(some, cancel);
        foreach (var run in runs)
        {
            latest[run.Check] = run;
            watch.Follow(run);
        }
        return runs;
    }

    static async Task<long?> DigestAsync(ICheck check, Machine shared, CancellationToken cancel)
    {
        try
        {
            return await check.DigestAsync(shared, cancel);
        }
        catch (Exception) when (!cancel.IsCancellationRequested)
        {
            // The run itself, under the sweep's catch, says what cannot be read.
            return null;
        }
    }

    void Record(CheckRun[] runs, bool isSnapshot, Func<JsonObject>? heartbeat)
    {
        var now = machine.Now;
        var alerting = new Alerting(settings.Alerts, maintenance.InForce.Count > 0, IsSweep: heartbeat is not null);
        var judged = runs.SelectMany(run => verdicts.Compare(run.Check.Rules, run.Findings, now, alerting)).ToList();
        var shipped = judged.Where(finding => finding.IsNews || (isSnapshot && !finding.IsGone)).ToList();
        var payloads = shipped.Select(finding => Payload.Of(finding.Finding, speaker, now, finding.Transition)).ToList();
        if (heartbeat is not null) payloads.Add(heartbeat());
        Tell(judged);
        if (!Write(payloads)) return;
        try
        {
            verdicts.Keep(judged);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            journal.Error(e, "verdicts.json could not be written");
        }
    }

    /// <summary>Into the journal: each alert, and how many failures were found on a first look, which are told together.</summary>
    void Tell(IReadOnlyList<JudgedFinding> judged)
    {
        foreach (var (finding, transition, _, _, _) in judged)
            if (transition.Alert is { } alert) journal.Warning("{Rule:l} {Event:l}: {Message:l}", finding.Rule.Id, alert.Event, alert.Message(finding));
        var inherited = judged.Count(finding => finding is { IsChange: true, Transition.Alert: null, Next.Alert: { IsInherited: true, IsOpen: true } });
        if (inherited > 0) journal.Warning("{Count} failures stood when their rules were first judged here ({Reason:l}): they are told together", inherited, verdicts.Reason);
    }

    /// <summary>A disk that refuses writes never stops the sweeps: the change is found again by the next one.</summary>
    bool Write(IReadOnlyList<JsonObject> payloads)
    {
        if (payloads.Count == 0) return true;
        try
        {
            RecordSink.Write(records, payloads, machine.Now);
            return true;
        }
        catch (AggregateException e) when (e.InnerException is IOException or UnauthorizedAccessException)
        {
            journal.Error(e.InnerException, "{Count} records could not be written to the spool", payloads.Count);
            return false;
        }
    }
}
