namespace Ratchet.Agent.Checks.Time;

/// <summary>
/// Between which moments the true time lies, as far as the host's clock can be believed. Who judges a date asks here: what lies
/// between the two has passed or not, nobody knows.
/// </summary>
/// <param name="Now">What the clock shows.</param>
/// <param name="Doubt">Why the two differ; for messages.</param>
/// <param name="Note">What a verdict that rests on the clock has to say of it, beginning with its separator; empty: nothing.</param>
sealed record TrueTime(DateTimeOffset Now, DateTimeOffset Earliest, DateTimeOffset Latest, string Doubt, string Note = "")
{
    /// <summary>A clock that is believed to the tick.</summary>
    public static TrueTime Of(DateTimeOffset now) => new(now, now, now, "");

    /// <summary>A clock that is wrong by less than this.</summary>
    public static TrueTime Within(DateTimeOffset now, TimeSpan error, string doubt) => new(now, Back(now, error), Forth(now, error), doubt);

    public DateOnly Today => Day(Now);

    public DateOnly FirstDay => Day(Earliest);

    public DateOnly LastDay => Day(Latest);

    /// <summary>Whether a moment, or so long before it, has passed; null: the clock is not good enough to say.</summary>
    public bool? HasPassed(DateTime moment, TimeSpan before = default) =>
        moment.ToUniversalTime() - Earliest.UtcDateTime <= before ? true : moment.ToUniversalTime() - Latest.UtcDateTime > before ? false : null;

    /// <summary>The verdict of the day; unknown where it would be another on one of the days that this may be.</summary>
    public Finding OnEachDay(Func<DateOnly, Finding> judge)
    {
        var finding = judge(Today);
        return (FirstDay == Today || judge(FirstDay).Outcome == finding.Outcome) && (LastDay == Today || judge(LastDay).Outcome == finding.Outcome)
            ? finding
            : Finding.Unknown(finding.Rule, finding.Subject, $"{Doubt}; if it is right, {finding.Message}", finding.Evidence);
    }

    static DateTimeOffset Back(DateTimeOffset time, TimeSpan by) => time - DateTimeOffset.MinValue > by ? time - by : DateTimeOffset.MinValue;

    static DateTimeOffset Forth(DateTimeOffset time, TimeSpan by) => DateTimeOffset.MaxValue - time > by ? time + by : DateTimeOffset.MaxValue;

    static DateOnly Day(DateTimeOffset time) => DateOnly.FromDateTime(time.UtcDateTime);
}
