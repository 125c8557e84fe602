namespace Ratchet.Agent.Checks.Ossec;

/// <summary>How often a kind of scan is to run.</summary>
/// <param name="Name"><c>syscheck</c> or <c>rootcheck</c>, the element of ossec.conf.</param>
/// <param name="Every">From the end of one scan to the beginning of the next.</param>
/// <param name="Off">Why it never runs, or null.</param>
sealed record ScanSchedule(string Name, TimeSpan Every, string? Off)
{
    // What the daemons do where ossec.conf says nothing: syscheck-config.h, rootcheck.h.
    static readonly TimeSpan OssecSyscheck = TimeSpan.FromSeconds(600);
    static readonly TimeSpan OssecRootcheck = TimeSpan.FromHours(20);
    static readonly TimeSpan Wazuh = TimeSpan.FromHours(12);

    /// <exception cref="FormatException">The configuration cannot be understood.</exception>
    public static ScanSchedule Of(string name, Installation installation, OssecConfig config)
    {
        if (config.Problem is { } problem) throw new FormatException(problem);
        var usual = installation.IsWazuh ? Wazuh : name == "syscheck" ? OssecSyscheck : OssecRootcheck;
        // Both kinds follow syscheck's hour or day where one is set.
        var every = config.Last("syscheck/scan_day") is not null ? TimeSpan.FromDays(7)
            : config.Last("syscheck/scan_time") is not null ? TimeSpan.FromDays(1)
            : config.Seconds(name + "/frequency") ?? usual;
        var off = config.Last(name + "/disabled") == "yes" ? "it is switched off in ossec.conf"
            : name == "syscheck" && !config.All("syscheck/directories").Any() ? "ossec.conf names no directories for it"
            : null;
        return new ScanSchedule(name, every, off);
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
