using Ratchet.Agent.Checks;
using Ratchet.Agent.Records;
using Ratchet.Agent.Service;

namespace Ratchet.Agent.Cli;

/// <summary><c>status</c>: what the running service did last. 0 healthy, 1 not, 3 not running.</summary>
static class StatusVerb
{
    public static Verb Build(Setup setup)
    {
        var verb = new Verb("status", "what the running service did last");
        verb.SetAction((arguments, _) => Setup.GuardAsync(() =>
        {
            var settings = setup.Load(arguments).Settings;
            StateOwner.Become(settings.State);
            return Task.FromResult(Print(settings.State));
        }));
        return verb;
    }

    static int Print(string state)
    {
        var report = StatusFile.Read(state);
        using var free = report is null ? null : Ledger.TryLock(state);
        if (report is null || free is not null)
        {
            Console.WriteLine(report is null ? "not running, and has never run" : $"not running; last sweep {Time(report.LastSweep)}");
            return Exit.NotRunning;
        }
        var trouble = Troubles(report, TimeProvider.System.GetUtcNow()).ToList();
        Console.WriteLine($"running since {Time(report.Started)}, pid {report.Pid}, version {report.Version}");
        Console.WriteLine($"last sweep  {Time(report.LastSweep)}: {string.Join(", ", report.Counts.Select(count => $"{count.Value} {count.Key}"))}");
        Console.WriteLine($"shipping    {report.SpoolBatches} batches wait, last acknowledged {Time(report.Acknowledged)}");
        Console.WriteLine($"chain       {report.Chain} at record {report.ChainSequence}, key {report.KeyId}");
        foreach (var failure in report.Open) Console.WriteLine($"failing     {failure.Rule}: {Printable.Clean(failure.Message, 512)}");
        foreach (var window in report.Maintenance) Console.WriteLine($"maintenance until {Time(window.Until)} by {window.Who}, alerts are held back: {window.Reason}");
        foreach (var alert in report.Alerts) Console.WriteLine($"alert       {alert.State,-9} since {Time(alert.Since)} {alert.Rule}: {alert.Subject}");
        foreach (var line in trouble) Console.WriteLine($"trouble     {line}");
        return trouble.Count == 0 ? Exit.Good : Exit.Bad;
    }

    /// <summary>What makes the service itself unhealthy; failing rules are its news, not its trouble.</summary>
    static IEnumerable<string> Troubles(StatusReport report, DateTimeOffset now)
    {
        if (report.Trouble is { } reason) yield return $"records are not taken: {reason}";
        var late = TimeSpan.FromSeconds(2 * report.IntervalSeconds);
        if ((report.LastSweep ?? report.Started) + late < now) yield return $"no sweep for {(now - (report.LastSweep ?? report.Started)).TotalMinutes:0} min";
    }

    static string Time(DateTimeOffset? time) => time is { } t ? $"{t.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z" : "never";
}
