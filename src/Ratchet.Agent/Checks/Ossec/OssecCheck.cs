using System.Collections.Concurrent;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ossec;

/// <summary>
/// Host intrusion detection: finds OSSEC and Wazuh, and judges by the process table and by the marks that the daemons leave,
/// never by ossec-control or wazuh-control: those delete pid files of live daemons, take locks, and call an agent well that
/// nobody hears.
/// </summary>
sealed class OssecCheck(OssecSettings settings) : ICheck
{
    readonly ConcurrentDictionary<string, ScanLog> logs = new();
    readonly ConcurrentDictionary<string, (Installation Installation, Daemons Daemons)> seen = new();

    public IReadOnlyList<Rule> Rules => OssecRules.All;

    public Task<IReadOnlyList<Finding>> RunAsync(Machine machine, CancellationToken cancel)
    {
        var installations = Installation.Find(machine);
        if (installations.Count == 0)
            return Task.FromResult<IReadOnlyList<Finding>>(
                [.. Rules.Select(rule => rule == OssecRules.Installed ? Finding.Fail(rule, rule.Area, "neither OSSEC nor Wazuh is installed") : Finding.NotApplicable(rule, rule.Area, "neither OSSEC nor Wazuh is installed"))]);
        var findings = new List<Finding>();
        foreach (var installation in installations)
        {
            var subject = installations.Count == 1 ? "ossec" : installation.Directory;
            findings.AddRange(installation.Problem is { } problem ? Rules.Select(rule => Finding.Unknown(rule, subject, problem)) : Judge(machine, installation, subject, cancel));
        }
        return Task.FromResult<IReadOnlyList<Finding>>(findings);
    }

    /// <summary>Which daemons live, which are stopped, and whether the manager answers: a few small files an installation.</summary>
    public ValueTask<long?> DigestAsync(Machine machine, CancellationToken cancel) =>
        ValueTask.FromResult<long?>(machine.IsLive && !seen.IsEmpty ? LiveDigest.Of(machine, [.. seen.Values], settings.LockGrace) : null);

    List<Finding> Judge(Machine machine, Installation installation, string subject, CancellationToken cancel)
    {
        var config = OssecConfig.Read(machine, installation);
        // Marks and logs change with every message.
        var unwatched = machine.Unwatched();
        var daemons = Daemons.Look(unwatched, installation);
        seen[installation.Directory] = (installation, daemons);
        var zone = HostZone.Of(machine);
        var (syscheck, rootcheck) = (ScanSchedule.Of("syscheck", installation, config), ScanSchedule.Of("rootcheck", installation, config));
        var (log, unread) = ReadLog(unwatched, installation, Needs(syscheck, rootcheck, zone, machine.Now), cancel);
        List<Finding> findings =
        [
            Finding.Pass(OssecRules.Installed, subject, installation.Describe, new Evidence { { "directory", installation.Directory }, { "version", installation.Version } }),
            DaemonVerdict.Judge(machine, installation, daemons, config, subject),
            new Connection(unwatched, installation, daemons, config, settings.LockGrace).Judge(log, zone, subject),
            QueueVerdict.Judge(unwatched, installation, daemons, subject),
            KeysVerdict.Judge(machine, installation, daemons, subject),
        ];
        findings.Add(Scan(OssecRules.SyscheckRecent, syscheck, log?.Syscheck));
        findings.Add(Scan(OssecRules.RootcheckRecent, rootcheck, log?.Rootcheck));
        return findings;

        Finding Scan(Rule rule, ScanSchedule schedule, ScanTrack? track) =>
            !installation.Programs.Contains("syscheckd") ? Finding.NotApplicable(rule, subject, "this manager does not watch its own host: that is an agent's work")
            : schedule.Problem is { } problem ? Finding.Unknown(rule, subject, $"how often scans are due is not known: {problem}")
            : log is null && schedule.Off is null ? Finding.Unknown(rule, subject, unread!)
            : new ScanVerdict(rule, subject, schedule, track ?? new ScanTrack(), log ?? new LogEvents(), daemons.Find("syscheckd"), daemons.Hidden, zone, machine.Now).Judge();
    }

    /// <summary>What is more than twice as old as the schedule wants, and a day, is too old however long scans take.</summary>
    static ScanNeeds Needs(ScanSchedule syscheck, ScanSchedule rootcheck, TimeZoneInfo zone, DateTimeOffset now)
    {
        var longest = syscheck.Every > rootcheck.Every ? syscheck.Every : rootcheck.Every;
        return new ScanNeeds(syscheck.IsOn, rootcheck.IsOn, TimeZoneInfo.ConvertTime(now, zone).DateTime - (2 * longest) - TimeSpan.FromDays(1));
    }

    /// <summary>The log alone may be unreadable; the other rules do not need it.</summary>
    (LogEvents? Log, string? Reason) ReadLog(Machine machine, Installation installation, ScanNeeds needs, CancellationToken cancel)
    {
        try
        {
            return (logs.GetOrAdd(installation.Directory, _ => new ScanLog()).Read(machine, installation, needs, cancel), null);
        }
        catch (IOException e)
        {
            return (null, $"the log cannot be read: {e.Message}");
        }
    }
}
