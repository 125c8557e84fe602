using System.Diagnostics;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks;

/// <summary>What one run of one check gave.</summary>
/// <param name="Check">The check that ran.</param>
/// <param name="Findings">At least one finding for each rule of the check.</param>
/// <param name="Files">What it looked at: when one of them changes, the verdict may. Null where nobody asked, or it still runs against its limit.</param>
/// <param name="Digest">Of live state (<see cref="ICheck.DigestAsync"/>), taken before the look: a change in between is seen as one next time.</param>
/// <param name="Started">When it began to look.</param>
/// <param name="Duration">Wall-clock time.</param>
sealed record CheckRun(ICheck Check, IReadOnlyList<Finding> Findings, WatchedFiles? Files, long? Digest, DateTimeOffset Started, TimeSpan Duration);

/// <summary>
/// Runs checks side by side, each under a time limit, and is the only catch around them. Its invariant: every rule yields at
/// least one finding; an exception, a time-out or a forgotten rule is unknown, with the reason. Waived failures leave it marked.
/// </summary>
/// <param name="isFollowed">Whether files and digests are kept, by which a change is noticed.</param>
sealed class Sweep(Machine machine, TimeSpan timeLimit, Waivers waivers, bool isFollowed = false)
{
    const int SubjectLimit = 512;
    const int MessageLimit = 1024;

    /// <summary>What ends by itself when its time is over gets this long to do so.</summary>
    static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    static readonly Lock Pool = new();

    // A check that ignored its time limit is not started a second time beside itself.
    readonly Dictionary<ICheck, Task> running = [];

    /// <summary>Runs the checks and returns one result each, in the order given.</summary>
    public Task<CheckRun[]> RunAsync(IEnumerable<ICheck> checks, CancellationToken cancel) => Task.WhenAll(Start(checks, cancel));

    /// <summary>Starts the checks. Each run ends by its time limit, and waits for no other.</summary>
    public IReadOnlyList<Task<CheckRun>> Start(IEnumerable<ICheck> checks, CancellationToken cancel)
    {
        var host = machine.ForSweep();
        return [.. checks.Select(check => RunOneAsync(check, host, cancel))];
    }

    async Task<CheckRun> RunOneAsync(ICheck check, Machine host, CancellationToken cancel)
    {
        var (now, started) = (machine.Now, Stopwatch.GetTimestamp());
        var (findings, files, digest) = await LimitAsync(check, host, now, cancel);
        return new CheckRun(check, waivers.Apply(Complete(check, findings), machine.Now), files, digest, now, Stopwatch.GetElapsedTime(started));
    }

    async Task<Sight> LimitAsync(ICheck check, Machine host, DateTimeOffset now, CancellationToken cancel)
    {
        lock (running)
            if (running.TryGetValue(check, out var last) && !last.IsCompleted)
                return new Sight(AllUnknown(check, "the run before this one has not ended"), null, null);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(timeLimit);
        var position = new Position();
        var look = Task.Run(() => LookAsync(check, host.WithPosition(position), now, limit.Token), CancellationToken.None);
        lock (running) running[check] = look;
        try
        {
            var sight = await look.WaitAsync(timeLimit + Grace, cancel);
            cancel.ThrowIfCancellationRequested();
            return sight;
        }
        catch (TimeoutException)
        {
            Replace(look);
            return new Sight(AllUnknown(check, position.Path is { } path ? $"{TooLong}: the last that was looked at is {path}" : TooLong), null, null);
        }
    }

    /// <summary>Ends by itself when the limit is over, but where a system call hangs.</summary>
    async Task<Sight> LookAsync(ICheck check, Machine host, DateTimeOffset now, CancellationToken limit)
    {
        var trace = new FileTrace();
        IReadOnlyList<Finding> findings;
        long? digest = null;
        try
        {
            if (isFollowed) digest = await DigestAsync(check, host, limit);
            findings = await check.RunAsync(host.WithTrace(trace), limit);
        }
        catch (Exception e)
        {
            findings = AllUnknown(check, limit.IsCancellationRequested ? TooLong : $"{e.Message} ({e.GetType().Name})");
        }
        return new Sight(findings, isFollowed ? new WatchedFiles(machine, trace, now) : null, digest);
    }

    /// <summary>The check's digest; null where it has none or it cannot be had: the run says what cannot be read.</summary>
    public static async Task<long?> DigestAsync(ICheck check, Machine host, CancellationToken cancel)
    {
        try
        {
            return await check.DigestAsync(host, cancel);
        }
        catch (Exception) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>A thread that a check holds against its limit is lost to all others: until it is back, there may be one more.</summary>
    static void Replace(Task look)
    {
        More(1);
        _ = look.ContinueWith(_ => More(-1), TaskScheduler.Default);

        static void More(int count)
        {
            lock (Pool)
            {
                ThreadPool.GetMinThreads(out var workers, out var ports);
                ThreadPool.SetMinThreads(workers + count, ports);
            }
        }
    }

    string TooLong => $"not done within {timeLimit.TotalSeconds:0.#} s";

    static Finding[] AllUnknown(ICheck check, string reason) =>
        [.. check.Rules.Select(rule => Finding.Unknown(rule, rule.Area, "could not look: " + reason))];

    /// <summary>Adds an unknown for each rule that the check forgot, and makes all texts printable.</summary>
    static Finding[] Complete(ICheck check, IReadOnlyList<Finding> findings)
    {
        var judged = findings.Select(finding => finding.Rule).ToHashSet();
        var forgotten = check.Rules.Where(rule => !judged.Contains(rule))
            .Select(rule => Finding.Unknown(rule, rule.Area, "the check gave no verdict on this rule"));
        return
        [
            .. findings.Concat(forgotten).Select(finding => finding with
            {
                Subject = Printable.Clean(finding.Subject, SubjectLimit),
                Message = Printable.Clean(finding.Message, MessageLimit),
            }),
        ];
    }

    /// <summary>What one look saw.</summary>
    readonly record struct Sight(IReadOnlyList<Finding> Findings, WatchedFiles? Files, long? Digest);
}
