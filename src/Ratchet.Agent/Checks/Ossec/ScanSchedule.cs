namespace Ratchet.Agent.Checks.Ossec;

/// <summary>How often a kind of scan is to run.</summary>
/// <param name="Name"><c>syscheck</c> or <c>rootcheck</c>, the element of ossec.conf.</param>
/// <param name="Every">From the end of one scan to the beginning of the next.</param>
/// <param name="Off">Why it never runs, or null.</param>
/// <param name="Problem">Why all this is not known, or null.</param>
sealed record ScanSchedule(string Name, TimeSpan Every, string? Off, string? Problem)
{
    // What the daemons do where ossec.conf says nothing: syscheck-config.h, rootcheck.h.
    static readonly TimeSpan OssecSyscheck = TimeSpan.FromSeconds(600);
    static readonly TimeSpan OssecRootcheck = TimeSpan.FromHours(20);
    static readonly TimeSpan Wazuh = TimeSpan.FromHours(12);

    public bool IsOn => Off is null && Problem is null;

    public static ScanSchedule Of(string name, Installation installation, OssecConfig config)
    {
        if (config.Problem is { } problem) return new ScanSchedule(name, TimeSpan.Zero, null, problem);
        var usual = installation.IsWazuh ? Wazuh : name == "syscheck" ? OssecSyscheck : OssecRootcheck;
        var off = config.Last(name + "/disabled") == "yes" ? "it is switched off in ossec.conf"
            : name == "syscheck" && !config.All("syscheck/directories").Any() ? "ossec.conf names no directories for it"
            : null;
        try
        {
            // Both kinds follow syscheck's hour or day where one is set.
            var every = config.Last("syscheck/scan_day") is not null ? TimeSpan.FromDays(7)
                : config.Last("syscheck/scan_time") is not null ? TimeSpan.FromDays(1)
                : config.Seconds(name + "/frequency") ?? usual;
            return new ScanSchedule(name, every, off, null);
        }
        catch (FormatException e)
        {
            return new ScanSchedule(name, TimeSpan.Zero, null, e.Message);
        }
    }

    /// <summary>
    /// How old the end of a scan may be. The daemon looks every 5 min whether one is due, runs both kinds in turn in one
    /// process, and so begins the next one later than configured by as long as they take.
    /// </summary>
    public TimeSpan Allowed(LogEvents events)
    {
        var late = TimeSpan.FromTicks(Math.Max(Every.Ticks / 10, TimeSpan.FromMinutes(6).Ticks));
        return Every + late + events.Syscheck.Duration + events.Rootcheck.Duration;
    }
}
