using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Checks.Salt;

/// <summary>What the returns that the minion keeps tell of the last highstate. Where none are kept, nothing is known of it.</summary>
static class HighstateVerdicts
{
    const string Subject = "highstate";
    const string GoesOn = "the returns that the minion keeps are larger than one look reads: no highstate yet, and the next look goes on";
    const string Remedy = "set cache_jobs: True in the minion's configuration";

    public static Finding Recent(SaltHistory history, SaltSettings policy, bool keepsReturns, DateTimeOffset now)
    {
        var rule = SaltRules.HighstateRecent;
        var limit = DurationConverter.Format(policy.HighstateWithin);
        var evidence = new Evidence { { "lastApplied", history.Applied?.At }, { "job", history.Applied?.Id }, { "lookedBackTo", history.Oldest }, { "keepsReturns", keepsReturns } };
        if (history.Applied is { } applied && applied.At > now.AddMinutes(5)) return Finding.Unknown(rule, Subject, "the last highstate is to come: somebody set the clock back", evidence);
        if (history.Applied is { } last && now - last.At <= policy.HighstateWithin) return Finding.Pass(rule, Subject, $"a highstate was applied within {limit}", evidence);
        if (!keepsReturns) return Finding.Unknown(rule, Subject, $"the minion keeps no returns: when a highstate was applied is not known; {Remedy}", evidence);
        if (history.Unread is { } unread) return Finding.Unknown(rule, Subject, $"a return could not be read: {unread}", evidence);
        if (history.GoesOn) return Finding.Unknown(rule, Subject, GoesOn, evidence);
        if (history.Applied is { } old) return Finding.Fail(rule, Subject, $"the last highstate was applied on {old.At.UtcDateTime:yyyy-MM-dd HH:mm}Z, longer ago than {limit}", evidence);
        // What is kept must reach back as far as the promise.
        return history.Oldest is { } oldest && now - oldest > policy.HighstateWithin
            ? Finding.Fail(rule, Subject, $"no highstate is among the jobs since {oldest.UtcDateTime:yyyy-MM-dd HH:mm}Z", evidence)
            : Finding.Unknown(rule, Subject, "no highstate is among the jobs that the minion keeps, and they do not reach back far enough", evidence);
    }

    public static Finding Drift(SaltHistory history, SaltSettings policy, bool keepsReturns, DateTimeOffset now)
    {
        var rule = SaltRules.DriftFree;
        if (history.Unread is { } unread) return Finding.Unknown(rule, Subject, $"a return newer than the last readable highstate could not be read: {unread}");
        if (history is { Judged: null, GoesOn: true }) return Finding.Unknown(rule, Subject, GoesOn);
        if (history.Judged is not { } job) return Finding.Unknown(rule, Subject, keepsReturns ? "no highstate is among the jobs that the minion keeps" : $"the minion keeps no returns: how the last highstate ended is not known; {Remedy}");
        var result = job.Return;
        var evidence = new Evidence
        {
            { "job", job.Id }, { "at", job.At }, { "isTest", result.IsTest }, { "states", result.States }, { "changed", result.Changed },
            { "failed", result.Failed.Count > 0 ? result.Failed : null }, { "waiting", result.Pending.Count > 0 ? result.Pending : null },
        };
        if (result.Failed.Count > 0) return Finding.Fail(rule, Subject, $"{result.Failed.Count} of {result.States} states failed in the highstate of {Day(job)}: {Names(result.Failed)}", evidence);
        if (result.Pending.Count > 0) return Finding.Fail(rule, Subject, $"{result.Pending.Count} of {result.States} states would change this host, by the test of {Day(job)}: {Names(result.Pending)}", evidence);
        if (now - job.At > policy.HighstateWithin) return Finding.Unknown(rule, Subject, $"the last highstate, of {Day(job)}, found everything in place; what has changed since is not known", evidence);
        var restored = result.Changed > 0 ? $"; {result.Changed} were put right by it" : "";
        return Finding.Pass(rule, Subject, $"all {result.States} states were in place after the last highstate{restored}", evidence);
    }

    static string Day(SaltJob job) => job.At.UtcDateTime.ToString("yyyy-MM-dd HH:mm", System.Globalization.CultureInfo.InvariantCulture) + "Z";

    static string Names(IReadOnlyList<string> states) => string.Join(", ", states.Take(3)) + (states.Count > 3 ? ", …" : "");
}
