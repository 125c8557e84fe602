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
/// The work on one configuration: sweeps, compares, records. <see cref="AgentService"/> says when. What is there is recorded: a check
/// that takes long is left under way, and its verdicts are recorded when they come.
/// </summary>
sealed class Sweeper(Settings settings, IReadOnlyList<ICheck> checks, Machine machine, Ledger ledger, Speaker speaker, Verdicts verdicts, Maintenance maintenance, ILogger journal)
{
    static readonly TimeSpan CheckLimit = TimeSpan.FromSeconds(30);

    /// <summary>How long verdicts wait for those of other checks, so that a sweep is mostly one batch.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>What is asked each second, and each 15 s, takes milliseconds: who takes longer hangs.</summary>
    static readonly TimeSpan FollowPatience = TimeSpan.FromSeconds(1);

    readonly Sweep sweep = new(machine, CheckLimit, new Waivers(settings.Waivers), isFollowed: true);
    readonly Round<bool> files = new(FollowPatience);
    readonly Round<long?> digests = new(FollowPatience);
    readonly Dictionary<ICheck, CheckRun> latest = [];
    readonly List<OpenRun> underWay = [];
    readonly ILogger records = RecordSink.NewLogger(ledger);
    readonly HashSet<string> rules = [.. checks.SelectMany(check => check.Rules).Select(rule => rule.Id)];
    OpenSweep? open;

    /// <summary>All findings as of the last run of each check.</summary>
    public IReadOnlyList<Finding> Findings => [.. checks.Where(latest.ContainsKey).SelectMany(check => Worst.OfEach(latest[check].Findings))];

    /// <summary>When the last whole sweep ended.</summary>
    public DateTimeOffset? LastSweep { get; private set; }

    /// <summary>Called when a whole sweep has ended and is recorded.</summary>
    public Action? Swept { get; init; }

    /// <summary>A sweep has begun, and some check of it has not ended.</summary>
    public bool IsSweeping => open is not null;

    /// <summary>
    /// Runs every check and records what changed, or everything; the heartbeat when the last of them has ended. Those that take long
    /// go on after this: <see cref="TakeLate"/>.
    /// </summary>
    public async Task SweepAsync(bool isSnapshot, CancellationToken cancel)
    {
        open = new OpenSweep(isSnapshot, Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        // What looks at a change just now need not look twice.
        for (var i = 0; i < underWay.Count; i++) underWay[i] = underWay[i] with { IsSweep = true };
        await RunAsync(checks, isSweep: true, cancel);
    }

    /// <summary>Records the verdicts of checks that took long and have ended since.</summary>
    public void TakeLate()
    {
        if (underWay.Exists(run => run.Run.IsCompleted)) Take();
    }

    /// <summary>Waits for all that is under way; each check ends by its limit.</summary>
    public async Task CompleteAsync()
    {
        while (underWay.Count > 0)
        {
            await Task.WhenAny(underWay.Select(run => run.Run));
            Take();
        }
    }

    /// <summary>Runs the checks whose files changed, and records what that changed. Returns whether there were any.</summary>
    public async Task<bool> FollowFilesAsync(CancellationToken cancel)
    {
        var asked = await files.AskAsync(Idle(checks).Where(check => latest.GetValueOrDefault(check)?.Files is not null), check => Task.FromResult(latest[check].Files!.HaveChanged(machine)), cancel);
        return await RerunAsync([.. asked.Where(one => one.Answer).Select(one => one.Check)], cancel);
    }

    /// <summary>Runs the checks whose digest of live state changed. Returns whether there were any.</summary>
    public async Task<bool> FollowDigestsAsync(CancellationToken cancel)
    {
        var shared = machine.ForSweep();
        var asked = await digests.AskAsync(Idle(checks).Where(latest.ContainsKey), check => Sweep.DigestAsync(check, shared, cancel), cancel);
        return await RerunAsync([.. asked.Where(one => one.Answer is { } digest && digest != latest[one.Check].Digest).Select(one => one.Check)], cancel);
    }

    /// <summary>
    /// Runs the checks of whose verdicts one has now held for as long as it takes to open or resolve its alert: the news does not
    /// wait for the next sweep. Returns whether there were any.
    /// </summary>
    public async Task<bool> FollowAlertsAsync(CancellationToken cancel)
    {
        if (maintenance.InForce.Count > 0) return false;
        var now = machine.Now;
        var due = Idle(checks).Where(check => latest.TryGetValue(check, out var run) && verdicts.DueBetween(run.Started, now, check.Rules, settings.Alerts).Any()).ToList();
        return await RerunAsync(due, cancel, "an alert is due");
    }

    /// <summary>Records what is no finding: start, stop, maintenance. False where it is not on the disk.</summary>
    public bool Announce(JsonObject payload) => Write([payload]);

    async Task<bool> RerunAsync(IReadOnlyList<ICheck> changed, CancellationToken cancel, string reason = "something changed")
    {
        if (changed.Count == 0) return false;
        journal.Information("looking again at {Areas:l}: {Reason:l}", string.Join(", ", changed.Select(check => check.Rules[0].Area)), reason);
        await RunAsync(changed, isSweep: false, cancel);
        return true;
    }

    async Task RunAsync(IEnumerable<ICheck> some, bool isSweep, CancellationToken cancel)
    {
        var idle = Idle(some).ToArray();
        var runs = sweep.Start(idle, cancel);
        underWay.AddRange(idle.Zip(runs, (check, run) => new OpenRun(check, run, isSweep)));
        try
        {
            await Task.WhenAll(runs).WaitAsync(Patience, cancel);
        }
        catch (TimeoutException)
        {
            // The others' verdicts do not wait for it.
        }
        Take();
    }

    /// <summary>No check runs beside itself.</summary>
    IEnumerable<ICheck> Idle(IEnumerable<ICheck> some) => some.Where(check => !underWay.Exists(run => run.Check == check));

    void Take()
    {
        // Completion is asked once: a run may end at any moment.
        var ended = underWay.Where(run => run.Run.IsCompleted).ToList();
        underWay.RemoveAll(ended.Contains);
        foreach (var run in ended) latest[run.Check] = run.Run.GetAwaiter().GetResult();
        if (open is not { } sweeping || underWay.Exists(run => run.IsSweep))
        {
            Record(ended, heartbeat: null);
            return;
        }
        LastSweep = machine.Now;
        Record(ended, () => Heartbeat(sweeping));
        open = null;
        Swept?.Invoke();
    }

    JsonObject Heartbeat(OpenSweep sweeping)
    {
        var times = latest.ToDictionary(run => run.Key.Rules[0].Area, run => run.Value.Duration);
        return Payload.OfSweep(
            new SweepReport(Findings, settings.Interval, Stopwatch.GetElapsedTime(sweeping.Started), Environment.CpuUsage.TotalTime - sweeping.Processor, ledger.Head, ledger.WaitingCount, times), speaker, machine.Now);
    }

    void Record(IReadOnlyList<OpenRun> ended, Func<JsonObject>? heartbeat)
    {
        var now = machine.Now;
        var (judged, shipped) = (new List<JudgedFinding>(), new List<JudgedFinding>());
        foreach (var run in ended)
        {
            var compared = verdicts.Compare(run.Check.Rules, latest[run.Check].Findings, now, AlertingOf(run.IsSweep));
            judged.AddRange(compared);
            shipped.AddRange(compared.Where(finding => finding.IsNews || (run.IsSweep && open is { IsSnapshot: true } && !finding.IsGone)));
        }
        if (heartbeat is not null)
        {
            var retired = verdicts.Retire(rules, now, AlertingOf(isSweep: true));
            judged.AddRange(retired);
            shipped.AddRange(retired.Where(finding => finding.IsNews));
        }
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

    Alerting AlertingOf(bool isSweep) => new(settings.Alerts, maintenance.InForce.Count > 0, isSweep);

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

    /// <summary>A check that was started.</summary>
    /// <param name="IsSweep">As a part of the open sweep, not because something changed.</param>
    sealed record OpenRun(ICheck Check, Task<CheckRun> Run, bool IsSweep);

    /// <summary>A sweep that has begun: when, and what CPU time the process had used by then.</summary>
    sealed record OpenSweep(bool IsSnapshot, long Started, TimeSpan Processor);
}
