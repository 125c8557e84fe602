using System.Globalization;
using Ratchet.Agent.Checks.Time;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>Whether the clock is right, and somebody keeps it so.</summary>
static class ClockVerdict
{
    /// <summary>
    /// By how much the clock may be wrong: the kernel's bound reaches it 2 h 47 min after the last correction. timesyncd asks at least every 34 minutes.
    /// </summary>
    static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);

    /// <summary>chrony's own bound grows more slowly: so long without a correction, its servers are gone.</summary>
    static readonly TimeSpan Silence = TimeSpan.FromDays(1);

    public static Finding Judge(ClockState clock, DateTimeOffset now)
    {
        var (rule, subject) = (UbuntuRules.ClockSynchronised, "clock");
        var evidence = new Evidence { { "daemon", clock.Daemon }, { "source", clock.Source }, { "greatestErrorMilliseconds", (long?)clock.GreatestError?.TotalMilliseconds }, { "lastSync", clock.LastSync } };
        if (clock.Keeping == Keeping.Unknown) return Finding.Unknown(rule, subject, clock.Keeper, evidence);
        if (clock.GreatestError is not { } error) return Finding.Fail(rule, subject, clock.Keeper, evidence);
        return error > Tolerance || now - clock.LastSync > Silence
            ? Finding.Fail(rule, subject, $"the clock may be wrong by {error.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)} s: {clock.Since}", evidence)
            : Finding.Pass(rule, subject, $"{clock.Keeper}, which is wrong by less than {Tolerance.TotalSeconds} s", evidence);
    }
}
