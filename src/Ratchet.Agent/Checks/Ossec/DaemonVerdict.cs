using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ossec;

/// <summary>Whether each daemon that must run does, once, and is not stopped.</summary>
static class DaemonVerdict
{
    // ossec-control starts them one after the other, within a few seconds.
    static readonly TimeSpan StartTime = TimeSpan.FromSeconds(20);

    // Each of their connections is a process of its own.
    static readonly string[] MayBeMany = ["remoted", "maild", "monitord"];

    public static Finding Judge(Machine machine, Installation installation, Daemons daemons, OssecConfig config, string subject)
    {
        var rule = OssecRules.DaemonsRunning;
        var evidence = Describe(installation, daemons);
        var missing = installation.Programs.Where(name => daemons.Find(name) is null).ToArray();
        var required = missing.Where(name => IsRequired(name, config) == true).Select(name => installation.Prefix + name).ToArray();
        evidence.Add("missing", required.Length > 0 ? required : null);
        if (daemons.All.FirstOrDefault(daemon => daemon.IsStopped) is { } stopped)
            return Finding.Fail(rule, subject, $"{installation.Prefix}{stopped.Name} is stopped by a signal (SIGSTOP) and does nothing", evidence);
        if (daemons.All.GroupBy(daemon => daemon.Name).FirstOrDefault(group => group.Count() > 1 && !MayBeMany.Contains(group.Key)) is { } twins)
            return twins.All(twin => twin.Certain)
                ? Finding.Fail(rule, subject, $"{twins.Count()} {installation.Prefix}{twins.Key} run at once, and each does the other's work over again", evidence)
                : Finding.Unknown(rule, subject, $"{twins.Count()} {installation.Prefix}{twins.Key} run, and which of them are in a container cannot be seen without CAP_SYS_PTRACE", evidence);
        if (required.Length > 0) return Absent(machine, daemons, required, evidence, subject);
        if (missing.FirstOrDefault(name => IsRequired(name, config) is null) is { } doubtful)
            return Finding.Unknown(rule, subject, $"{installation.Prefix}{doubtful} does not run, and whether it should cannot be read: {config.Problem}", evidence);
        var off = missing.Length == 0 ? "" : $"; switched off in ossec.conf: {string.Join(", ", missing)}";
        return Finding.Pass(rule, subject, $"{string.Join(", ", installation.Programs.Except(missing))} run{off}", evidence);
    }

    static Finding Absent(Machine machine, Daemons daemons, string[] missing, Evidence evidence, string subject)
    {
        var names = string.Join(", ", missing);
        var verb = missing.Length == 1 ? "does" : "do";
        if (daemons.Hidden is { } reason) return Finding.Unknown(OssecRules.DaemonsRunning, subject, $"{names} {verb} not show: {reason}", evidence);
        return daemons.All.Any(daemon => machine.Now - daemon.Started < StartTime)
            ? Finding.Unknown(OssecRules.DaemonsRunning, subject, $"{names} {verb} not run yet: the daemons are being started", evidence)
            : Finding.Fail(OssecRules.DaemonsRunning, subject, daemons.All.Count == 0 ? "no daemon runs" : $"{names} {verb} not run", evidence);
    }

    /// <summary>Null where the configuration would tell and cannot be read.</summary>
    static bool? IsRequired(string name, OssecConfig config) => name switch
    {
        "execd" or "maild" or "syscheckd" when config.Problem is not null => null,
        "execd" => !config.IsActiveResponseOff,
        "maild" => config.Last("global/email_notification") == "yes",
        // It ends by itself where it has nothing to do.
        "syscheckd" => !(config.Last("syscheck/disabled") == "yes" && config.Last("rootcheck/disabled") == "yes"),
        _ => true,
    };

    static Evidence Describe(Installation installation, Daemons daemons) => new()
    {
        { "daemons", daemons.All.Select(daemon => new Evidence
            {
                { "name", installation.Prefix + daemon.Name }, { "pid", (long)daemon.Pid }, { "since", daemon.Started },
                { "stopped", daemon.IsStopped ? true : null }, { "replaced", daemon.Replaced ? true : null },
            }) },
    };
}
