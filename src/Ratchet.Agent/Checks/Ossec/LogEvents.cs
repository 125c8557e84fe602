namespace Ratchet.Agent.Checks.Ossec;

/// <summary>A line of the log that tells something.</summary>
/// <param name="Local">When, in the host's zone.</param>
/// <param name="Order">Later lines have higher numbers, across rotated files.</param>
sealed record LogEvent(DateTime Local, long Order);

/// <summary>The scans of one kind, as the log tells them. Events may be noted in any order.</summary>
sealed class ScanTrack
{
    LogEvent? opening;

    /// <summary>The last beginning.</summary>
    public LogEvent? Started { get; private set; }

    /// <summary>The last end.</summary>
    public LogEvent? Ended { get; private set; }

    /// <summary>The last scan that ended is known as a whole.</summary>
    public bool IsComplete => Ended is not null && opening is not null;

    public bool Runs => Started is not null && (Ended is null || Started.Order > Ended.Order);

    /// <summary>How long the last scan took that ended.</summary>
    public TimeSpan Duration => IsComplete && Ended!.Local > opening!.Local ? Ended.Local - opening.Local : TimeSpan.Zero;

    public void NoteStart(LogEvent start)
    {
        if (Started is null || start.Order > Started.Order) Started = start;
        if (Ended is not null && start.Order < Ended.Order && (opening is null || start.Order > opening.Order)) opening = start;
    }

    public void NoteEnd(LogEvent end)
    {
        if (Ended is not null && end.Order < Ended.Order) return;
        Ended = end;
        opening = Started is not null && Started.Order < end.Order ? Started : null;
    }
}

/// <summary>What the log tells, as far back as it was read.</summary>
sealed class LogEvents
{
    public ScanTrack Syscheck { get; } = new();

    public ScanTrack Rootcheck { get; } = new();

    public LogEvent? Connected { get; private set; }

    public LogEvent? Waiting { get; private set; }

    public LogEvent? ScanHeld { get; private set; }

    /// <summary>The earliest time that was met; null where there is no line.</summary>
    public DateTime? Oldest { get; private set; }

    /// <summary>Everything that the log and its rotated files still hold was read.</summary>
    public bool IsWhole { get; set; }

    /// <summary>The kinds that are asked for are known: older lines add nothing.</summary>
    public bool IsComplete => (Syscheck.IsComplete || !WantsSyscheck) && (Rootcheck.IsComplete || !WantsRootcheck);

    /// <summary>Nothing further back can change a verdict: it would be too old.</summary>
    public bool IsEnough => IsComplete || Oldest < Horizon;

    public bool WantsSyscheck { get; set; } = true;

    public bool WantsRootcheck { get; set; } = true;

    /// <summary>A scan that ended before this is too old in any case.</summary>
    public DateTime Horizon { get; set; }

    /// <summary>
    /// Notes what some lines tell, the last one first. They are searched for the few words that matter, which costs a fraction of
    /// looking at each line.
    /// </summary>
    /// <param name="order">Of the first line.</param>
    public void NoteLines(ReadOnlySpan<byte> lines, long order)
    {
        Cover(FirstStamp(lines));
        NoteWith("k scan"u8, lines, order);
        NoteWith("(600"u8, lines, order);
        NoteWith("(410"u8, lines, order);
        NoteWith("Process locked"u8, lines, order);
    }

    void NoteWith(ReadOnlySpan<byte> word, ReadOnlySpan<byte> lines, long order)
    {
        for (var rest = lines; rest.LastIndexOf(word) is >= 0 and var at;)
        {
            var start = rest[..at].LastIndexOf((byte)'\n') + 1;
            var length = rest[start..].IndexOf((byte)'\n');
            var line = length < 0 ? rest[start..] : rest.Slice(start, length);
            if (LogLine.Kind(line) is not LogKind.Other and var kind && LogLine.Stamp(line) is { } time) Note(kind, new LogEvent(time, order + start));
            rest = rest[..start];
        }
    }

    /// <summary>How far back the lines reach; the first ones may be the end of a message of several lines.</summary>
    static DateTime? FirstStamp(ReadOnlySpan<byte> lines)
    {
        const int lineLimit = 50;
        for (var i = 0; i < lineLimit && !lines.IsEmpty; i++)
        {
            if (LogLine.Stamp(lines) is { } time) return time;
            var end = lines.IndexOf((byte)'\n');
            lines = end < 0 ? [] : lines[(end + 1)..];
        }
        return null;
    }

    void Cover(DateTime? time)
    {
        if (time < Oldest || Oldest is null) Oldest = time ?? Oldest;
    }

    void Note(LogKind kind, LogEvent e)
    {
        Cover(e.Local);
        switch (kind)
        {
            case LogKind.SyscheckStarted: Syscheck.NoteStart(e); break;
            case LogKind.SyscheckEnded: Syscheck.NoteEnd(e); break;
            case LogKind.RootcheckStarted: Rootcheck.NoteStart(e); break;
            case LogKind.RootcheckEnded: Rootcheck.NoteEnd(e); break;
            case LogKind.Connected: Connected = Later(Connected, e); break;
            case LogKind.Waiting: Waiting = Later(Waiting, e); break;
            case LogKind.ScanHeld: ScanHeld = Later(ScanHeld, e); break;
            default: break;
        }
    }

    static LogEvent Later(LogEvent? known, LogEvent e) => known is null || e.Order > known.Order ? e : known;
}
