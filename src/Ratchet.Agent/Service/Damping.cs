using Ratchet.Agent.Checks.Alerts;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Service;

/// <summary>What one look says of a verdict. Unknown says nothing: it neither opens nor resolves.</summary>
enum Side
{
    Unknown,
    Bad,
    Good,
}

/// <summary>One look at one verdict.</summary>
/// <param name="Times">Those of the rule's severity.</param>
/// <param name="IsHeld">Maintenance: nothing is told.</param>
/// <param name="IsSweep">A sweep, of which the configuration may ask for some in a row; looks in between do not count.</param>
/// <param name="IsSettled">Somebody decided that it is good (a waiver): no time has to pass.</param>
/// <param name="IsFirst">The rule has never been judged here before: what is bad is inherited.</param>
sealed record Look(Side Side, DateTimeOffset Now, AlertTimes Times, bool IsHeld, bool IsSweep, bool IsSettled, bool IsFirst);

/// <summary>
/// When an alert opens, resolves and reminds. A verdict has to be bad for the time <c>open</c> or so many sweeps in a row, or turn
/// bad for the third time; it has to be good for the time <c>resolve</c> or so many sweeps, both of which double with each reopening
/// within a day, so that a verdict that flaps wakes on-call once. Pure: what is known and a look give what is known next, and what to tell.
/// </summary>
static class Damping
{
    public const string Opened = "opened", Reopened = "reopened", Resolved = "resolved", Reminder = "reminder";

    const int RelapseLimit = 3;

    /// <summary>How long it is remembered that there was an alert, and the most that a resolution can take.</summary>
    static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <returns>What is known next, null where it was never bad; and the news, null where on-call need not hear any.</returns>
    public static (KnownAlert? Next, string? News) Step(KnownAlert? before, Look look)
    {
        if (Count(Turn(before, look), look) is not { } alert) return (null, null);
        if (look.IsFirst && look.Side == Side.Bad && !alert.IsOpen) return (Open(alert, look.Now) with { IsInherited = true }, null);
        if (look.IsHeld || look.Side == Side.Unknown && !IsReminderDue(alert, look)) return (alert, null);
        if (look.Side == Side.Bad && IsOpeningDue(alert, look.Now, look.Times)) return (Open(alert, look.Now), alert.Openings > 0 ? Reopened : Opened);
        if (look.Side == Side.Good && alert.IsOpen && (look.IsSettled || IsResolvingDue(alert, look.Now, look.Times))) return (alert with { IsOpen = false, Told = look.Now }, Resolved);
        return IsReminderDue(alert, look) ? (alert with { Told = look.Now }, Reminder) : (alert, null);
    }

    /// <summary>Whether a look now would open or resolve the alert, if it still sees what the last one saw.</summary>
    public static bool IsDue(KnownAlert alert, DateTimeOffset now, AlertTimes times) => IsOpeningDue(alert, now, times) || IsResolvingDue(alert, now, times);

    /// <summary>Whether a subject that is gone may be forgotten: no alert of it is open, and it cannot be one that flaps.</summary>
    public static bool IsForgettable(KnownAlert? alert, DateTimeOffset now, AlertTimes times) =>
        alert is null || (!alert.IsOpen && now - alert.Turned >= (alert.Openings > 0 ? Day : times.Resolve));

    static KnownAlert? Turn(KnownAlert? before, Look look)
    {
        // A clock that was set back must not make anything wait for the old time.
        var alert = before?.Turned > look.Now ? before with { Turned = look.Now } : before;
        if (alert?.Told > look.Now) alert = alert with { Told = look.Now };
        if (alert?.Opened > look.Now) alert = alert with { Opened = look.Now };
        if (look.Side == Side.Unknown || (look.Side == Side.Bad) == (alert?.IsBad ?? false)) return alert;
        if (look.Side == Side.Good) return alert! with { IsBad = false, Turned = look.Now, Sweeps = 0 };
        alert ??= new KnownAlert(IsBad: false, default, Relapses: 0, IsOpen: false, IsInherited: false, Openings: 0, Restless: 0, default, default);
        // In maintenance things go up and down by intent.
        var relapses = look.Now - alert.Turned >= look.Times.Resolve ? 1 : look.IsHeld ? Math.Max(alert.Relapses, 1) : Math.Min(alert.Relapses + 1, RelapseLimit);
        return alert with { IsBad = true, Turned = look.Now, Sweeps = 0, Relapses = relapses };
    }

    /// <summary>Counts no further than it takes, so that a verdict that stays costs no write each sweep.</summary>
    static KnownAlert? Count(KnownAlert? alert, Look look) =>
        alert is not null && look.IsSweep && look.Side != Side.Unknown && alert.IsBad != alert.IsOpen && alert.Sweeps < SweepsNeeded(alert, look.Times)
            ? alert with { Sweeps = alert.Sweeps + 1 }
            : alert;

    static int SweepsNeeded(KnownAlert alert, AlertTimes times) =>
        alert.IsBad ? times.OpenSweeps : Math.Min(times.ResolveSweeps << Math.Min(alert.Restless, 10), AlertTimes.SweepLimit);

    static bool HasSweeps(KnownAlert alert, AlertTimes times) => SweepsNeeded(alert, times) is > 0 and var needed && alert.Sweeps >= needed;

    static KnownAlert Open(KnownAlert alert, DateTimeOffset now) => alert with
    {
        IsOpen = true,
        IsInherited = false,
        Openings = Math.Min(alert.Openings, 1_000_000) + 1,
        Restless = alert.Openings > 0 && now - alert.Told < Day ? Math.Min(alert.Restless, 100) + 1 : 0,
        Opened = now,
        Told = now,
    };

    static bool IsOpeningDue(KnownAlert alert, DateTimeOffset now, AlertTimes times) =>
        alert is { IsBad: true, IsOpen: false } && (now - alert.Turned >= times.Open || HasSweeps(alert, times) || alert.Relapses >= RelapseLimit);

    static bool IsResolvingDue(KnownAlert alert, DateTimeOffset now, AlertTimes times) =>
        alert is { IsBad: false, IsOpen: true } && (now - alert.Turned >= ResolveTime(alert, times) || HasSweeps(alert, times));

    static TimeSpan ResolveTime(KnownAlert alert, AlertTimes times)
    {
        var grown = times.Resolve * Math.Pow(2, Math.Clamp(alert.Restless, 0, 20));
        return grown < Day ? grown : times.Resolve > Day ? times.Resolve : Day;
    }

    static bool IsReminderDue(KnownAlert alert, Look look) =>
        alert is { IsOpen: true, IsBad: true, IsInherited: false } && look.Times.Remind > TimeSpan.Zero && look.Now - alert.Told >= look.Times.Remind;
}
