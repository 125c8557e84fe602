using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ossec;

/// <summary>
/// Whether the last scan of a kind is recent enough. The log is the only place that tells: the agent's databases are in memory.
/// </summary>
/// <param name="Schedule">How often it is to run.</param>
/// <param name="Track">What the log tells of this kind.</param>
/// <param name="Scanner">syscheckd, which runs both kinds; null where it does not run.</param>
/// <param name="Hidden">Why the scanner may run unseen, or null.</param>
/// <param name="Zone">Of the times in the log, which have none.</param>
sealed record ScanVerdict(
    Rule Rule, string Subject, ScanSchedule Schedule, ScanTrack Track, LogEvents Events, DaemonProcess? Scanner, string? Hidden, TimeZoneInfo Zone, DateTimeOffset Now)
{
    // The log and the clock are the same machine's; only rounding lies between them.
    static readonly TimeSpan ClockError = TimeSpan.FromSeconds(5);

    /// <summary>With the time that the other kind takes just now: both run in one process, one after the other.</summary>
    TimeSpan Allowed
    {
        get
        {
            var other = ReferenceEquals(Track, Events.Syscheck) ? Events.Rootcheck : Events.Syscheck;
            var busy = other.Started is { } started && IsRunning(other, Zone.Instants(started.Local).First) ? Now - Zone.Instants(started.Local).First : TimeSpan.Zero;
            return Schedule.Allowed(Events) + (busy > TimeSpan.Zero && busy < Schedule.Every ? busy : TimeSpan.Zero);
        }
    }

    /// <summary>A scan that a restart cut short is none that runs.</summary>
    bool IsRunning(ScanTrack track, DateTimeOffset started) => track.Runs && Scanner is not null && !(Scanner.Started > started + ClockError);

    string Every => $"every {Spell.Duration(Schedule.Every)}";

    public Finding Judge()
    {
        if (Schedule.Off is { } off) return Finding.Fail(Rule, Subject, $"no {Schedule.Name} scan runs: {off}");
        var (first, last) = (Judge(instants => instants.First), Judge(instants => instants.Last));
        return first.Outcome == last.Outcome ? last
            : Finding.Unknown(Rule, Subject, "the log's time is in the hour that the clock went through twice, and which of the two it was decides", last.Evidence);
    }

    Finding Judge(Func<(DateTimeOffset First, DateTimeOffset Last), DateTimeOffset> choose)
    {
        DateTimeOffset? Time(LogEvent? e) => e is null ? null : choose(Zone.Instants(e.Local));
        var (started, ended, oldest) = (Time(Track.Started), Time(Track.Ended), Events.Oldest is { } local ? choose(Zone.Instants(local)) : (DateTimeOffset?)null);
        var evidence = new Evidence
        {
            { "started", started }, { "ended", ended }, { "frequency_seconds", (long)Schedule.Every.TotalSeconds },
            { "allowed_age_seconds", (long)Allowed.TotalSeconds }, { "log_read_back_to", oldest },
        };
        if (started > Now + ClockError || ended > Now + ClockError)
            return Finding.Unknown(Rule, Subject, "the log's times lie in the future: the clock or the time zone was changed", evidence);
        if (started is { } start && IsRunning(Track, start)) return Running(start, ended, Time(Events.ScanHeld), evidence);
        return ended is { } end ? Ended(end, evidence) : Never(oldest, evidence);
    }

    Finding Running(DateTimeOffset started, DateTimeOffset? ended, DateTimeOffset? held, Evidence evidence)
    {
        var since = $"a {Schedule.Name} scan runs since {Spell.Time(started, Now)}";
        var cause = held >= started ? ", held until the manager answers" : "";
        if (Now - started > Allowed) return Finding.Fail(Rule, Subject, $"{since} ({Spell.Duration(Now - started)}) and has not ended{cause}; scans are due {Every}", evidence);
        return ended is null
            ? Finding.Unknown(Rule, Subject, $"the first {Schedule.Name} scan runs since {Spell.Time(started, Now)}{cause}", evidence)
            : started - ended > Allowed
            ? Finding.Fail(Rule, Subject, $"the last {Schedule.Name} scan ended {Spell.Duration(Now - ended.Value)} ago{cause}; scans are due {Every}", evidence)
            : Finding.Pass(Rule, Subject, $"{since}{cause}; the last one ended {Spell.Duration(Now - ended.Value)} ago, due {Every}", evidence);
    }

    Finding Ended(DateTimeOffset ended, Evidence evidence)
    {
        var age = $"the last {Schedule.Name} scan ended {Spell.Duration(Now - ended)} ago";
        return Now - ended <= Allowed
            ? Finding.Pass(Rule, Subject, $"{age}, due {Every}", evidence)
            : Finding.Fail(Rule, Subject, $"{age}; scans are due {Every}{(Scanner is null && Hidden is null ? ", and syscheckd does not run" : "")}", evidence);
    }

    Finding Never(DateTimeOffset? oldest, Evidence evidence)
    {
        if (Scanner is null && Hidden is null && Events.IsWhole)
            return Finding.Fail(Rule, Subject, $"no {Schedule.Name} scan has ended as far as the log reaches, and syscheckd does not run", evidence);
        if (Scanner?.Started is { } since && Now - since <= Allowed)
            return Finding.Unknown(Rule, Subject, $"no {Schedule.Name} scan has ended yet; syscheckd was started at {Spell.Time(since, Now)} and the first is due by {Spell.Time(since + Allowed, Now)}", evidence);
        if (oldest is { } reach && Now - reach > Allowed)
            return Finding.Fail(Rule, Subject, $"no {Schedule.Name} scan has ended since {Spell.Time(reach, Now)}; scans are due {Every}", evidence);
        return Finding.Unknown(Rule, Subject, oldest is { } back
            ? $"the log was read back to {Spell.Time(back, Now)} and names no end of a {Schedule.Name} scan; that is not far enough to know"
            : $"logs/ossec.log, which would tell of a {Schedule.Name} scan, is empty or missing", evidence);
    }
}
