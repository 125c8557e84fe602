namespace Ratchet.Agent.Checks.Ossec;

/// <summary>Times as an engineer says them.</summary>
static class Spell
{
    /// <summary><c>12 s</c>, <c>47 min</c>, <c>22 h</c>, <c>3 d</c>, rounded down.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalSeconds: < 120 } => $"{Math.Max(0, (int)time.TotalSeconds)} s",
        { TotalMinutes: < 120 } => $"{(int)time.TotalMinutes} min",
        { TotalHours: < 48 } => $"{(int)time.TotalHours} h",
        _ => $"{(int)time.TotalDays} d",
    };

    /// <summary><c>14:02 UTC</c>, with the day where it is not today.</summary>
    public static string Time(DateTimeOffset time, DateTimeOffset now) =>
        time.UtcDateTime.ToString(time.UtcDateTime.Date == now.UtcDateTime.Date ? "HH:mm' UTC'" : "yyyy-MM-dd HH:mm' UTC'");
}
