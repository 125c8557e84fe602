using System.Diagnostics;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks;

/// <summary>What one run of one check gave.</summary>
/// <param name="Check">The check that ran.</param>
/// <param name="Findings">At least one finding for each rule of the check.</param>
/// <param name="Files">The files and directories that it looked at: when one of them changes, the verdict may.</param>
/// <param name="Started">When it began to look.</param>
/// <param name="Duration">Wall-clock time.</param>
sealed record CheckRun(ICheck Check, IReadOnlyList<Finding> Findings, IReadOnlyCollection<string> Files, DateTimeOffset Started, TimeSpan Duration);

/// <summary>
/// Runs checks side by side, each under a time limit, and is the only catch around them. Its invariant: every rule yields at
/// least one finding; an exception, a time-out or a forgotten rule is unknown, with the reason. Waived failures leave it marked.
/// </summary>
sealed class Sweep(Machine machine, TimeSpan timeLimit, Waivers waivers)
{
    const int SubjectLimit = 512;
    const int MessageLimit = 1024;

    // A check that ignored its time limit is not started a second time beside itself.
    readonly Dictionary<ICheck, Task> running = [];

    /// <summary>Runs the checks and returns one result each, in the order given.</summary>
    public Task<CheckRun[]> RunAsync(IEnumerable<ICheck> checks, CancellationToken cancel)
    {
        var host = machine.ForSweep();
        return Task.WhenAll(checks.Select(check => RunOneAsync(check, host, cancel)));
    }

    async Task<CheckRun> RunOneAsync(ICheck check, Machine host, CancellationToken cancel)
    {
        var (now, started) = (machine.Now, Stopwatch.GetTimestamp());
        var trace = new FileTrace();
        var findings = await LookAsync(check, host.WithTrace(trace), cancel);
        return new CheckRun(check, waivers.Apply(Complete(check, findings), machine.Now), trace.Paths, now, Stopwatch.GetElapsedTime(started));
    }

    async Task<IReadOnlyList<Finding>> LookAsync(ICheck check, Machine traced, CancellationToken cancel)
    {
        lock (running)
            if (running.TryGetValue(check, out var last) && !last.IsCompleted)
                return AllUnknown(check, "the run before this one has not ended");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(timeLimit);
        try
        {
            var run = Task.Run(() => check.RunAsync(traced, limit.Token), limit.Token);
            lock (running) running[check] = run;
            return await run.WaitAsync(timeLimit + TimeSpan.FromMilliseconds(500), cancel);
        }
        catch (Exception) when (cancel.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancel);
        }
        catch (Exception e) when (e is TimeoutException || limit.IsCancellationRequested)
        {
            return AllUnknown(check, $"not done within {timeLimit.TotalSeconds:0.#} s");
        }
        catch (Exception e)
        {
            return AllUnknown(check, $"{e.Message} ({e.GetType().Name})");
        }
    }

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
}
