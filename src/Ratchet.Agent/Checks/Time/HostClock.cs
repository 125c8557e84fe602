using System.Globalization;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Time;

/// <summary>
/// How far the host's clock can be believed, for all who hold dates against it. A clock that was right a while ago, and that nobody has
/// set since, is still right but for what it drifts: a time daemon that starts anew changes no verdict. One that is not kept, and
/// that nobody here ever saw right, may be as wrong as a host is old that comes back from a snapshot.
/// </summary>
/// <param name="look">How the clock is looked at; null: <see cref="ClockState.LookAsync"/>.</param>
sealed class HostClock(Func<Machine, CancellationToken, Task<ClockState>>? look = null)
{
    /// <summary>A clock that shows an earlier day is wrong, whoever keeps it: this program was made after it.</summary>
    static readonly DateTimeOffset Made = new(2026, 10, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>By how much a clock may be wrong that is not kept. What lies further off is beyond doubt.</summary>
    static readonly TimeSpan Plausible = TimeSpan.FromDays(366);

    /// <summary>Between two readings, of the clock and of the ticks, a thread may have to wait.</summary>
    static readonly TimeSpan Jitter = TimeSpan.FromSeconds(1);

    readonly Func<Machine, CancellationToken, Task<ClockState>> look = look ?? ClockState.LookAsync;
    readonly Lock guard = new();
    (long Ticks, DateTimeOffset At, TimeSpan Error)? right;

    public async Task<TrueTime> AskAsync(Machine machine, CancellationToken cancel)
    {
        var state = await look(machine, cancel);
        var (now, ticks) = (machine.Now, machine.Clock.GetTimestamp());
        lock (guard)
        {
            if (state.GreatestError is { } error) right = (ticks, now, error);
            if ((state.GreatestError ?? Drifted(machine.Clock, now, ticks)) is { } bound)
                return TrueTime.Within(now, bound, $"the host's clock may be wrong by {bound.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)} s");
        }
        if (now < Made) return new TrueTime(now, Made, DateTimeOffset.MaxValue, $"the host's clock is wrong: it shows {now.UtcDateTime:yyyy-MM-dd}, a day before this program was made");
        return state.Keeping == Keeping.Not
            ? TrueTime.Within(now, Plausible, $"the host's clock is not synchronised ({state.Keeper})")
            : TrueTime.Of(now) with { Note = $"; whether the host's clock is right is not known ({state.Keeper})" };
    }

    /// <summary>How wrong a clock can be by now that was right; null: it never was, or somebody has set it since.</summary>
    TimeSpan? Drifted(TimeProvider clock, DateTimeOffset now, long ticks)
    {
        if (right is not { } last) return null;
        var elapsed = clock.GetElapsedTime(last.Ticks, ticks);
        var drift = elapsed * KernelClock.Drift;
        return (now - last.At - elapsed).Duration() <= drift + Jitter ? last.Error + drift + Jitter : null;
    }
}
