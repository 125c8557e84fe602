using System.Globalization;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>
/// Whether the clock is right: the kernel's own word, whoever sets it. Where the kernel may not be asked, or chrony does not tell it
/// (no rtcsync), what the time daemon says.
/// </summary>
static class ClockVerdict
{
    /// <summary>By how much the clock may be wrong: the kernel's bound reaches it 2 h 47 min after the last correction.</summary>
    static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);

    /// <summary>timesyncd asks at least every 34 minutes.</summary>
    static readonly TimeSpan Silence = TimeSpan.FromHours(3);

    const string Chrony = "chrony.service", Timesyncd = "systemd-timesyncd.service";
    static readonly string[] Daemons = [Chrony, "chronyd.service", Timesyncd, "ntpsec.service", "ntp.service", "ntpd-rs.service", "openntpd.service"];

    /// <summary>The reference id 127.127.1.1: with <c>local</c> chrony calls itself synchronised without a source.</summary>
    const string OwnClock = "7F7F0101";

    const string Stamp = "/run/systemd/timesync/synchronized", Client = "/usr/bin/chronyc";

    public static async Task<Finding> JudgeAsync(Machine machine, CancellationToken cancel)
    {
        // Its daemons touch their files all day.
        var quiet = machine.Unwatched();
        var kernel = KernelClock.Read(machine);
        var daemon = Daemon(quiet);
        if (kernel is { IsSynchronised: true }) return OfKernel(kernel, daemon);
        if (daemon is Chrony or "chronyd.service") return OfChrony(await TrackingAsync(quiet, cancel), machine.Now);
        if (kernel is not null) return Finding.Fail(UbuntuRules.ClockSynchronised, Subject, $"the kernel's clock is not synchronised; {Runs(daemon)}", new Evidence { { "daemon", daemon } });
        return daemon switch
        {
            null => Finding.Fail(UbuntuRules.ClockSynchronised, Subject, Runs(null)),
            Timesyncd => OfTimesyncd(quiet.Status(Stamp)?.Modified, machine.Now),
            _ => Finding.Unknown(UbuntuRules.ClockSynchronised, Subject, $"{daemon} runs, and the kernel could not be asked whether the clock is synchronised"),
        };
    }

    const string Subject = "clock";

    internal static Finding OfKernel(KernelClock kernel, string? daemon)
    {
        var rule = UbuntuRules.ClockSynchronised;
        var evidence = new Evidence { { "daemon", daemon }, { "greatestErrorMilliseconds", (long)kernel.GreatestError.TotalMilliseconds } };
        var error = kernel.GreatestError.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        return kernel.GreatestError > Tolerance
            ? Finding.Fail(rule, Subject, $"the clock may be wrong by {error} s: nothing has corrected it for {(int)kernel.CorrectedWithin.TotalMinutes} minutes; {Runs(daemon)}", evidence)
            : Finding.Pass(rule, Subject, $"the kernel's clock is synchronised and wrong by less than {Tolerance.TotalSeconds} s; {Runs(daemon)}", evidence);
    }

    internal static Finding OfTimesyncd(DateTimeOffset? synchronised, DateTimeOffset now)
    {
        var rule = UbuntuRules.ClockSynchronised;
        var evidence = new Evidence { { "daemon", Timesyncd }, { "lastSync", synchronised } };
        return synchronised is not { } last ? Finding.Fail(rule, Subject, "systemd-timesyncd runs and has not synchronised the clock since the host was started", evidence)
            : last > now.AddMinutes(1) ? Finding.Unknown(rule, Subject, "systemd-timesyncd's last synchronisation is to come: somebody set the clock back", evidence)
            : now - last > Silence ? Finding.Fail(rule, Subject, $"systemd-timesyncd synchronised the clock last on {last.UtcDateTime:yyyy-MM-dd HH:mm}Z", evidence)
            : Finding.Pass(rule, Subject, $"systemd-timesyncd has synchronised the clock within {Silence.TotalHours} hours", evidence);
    }

    /// <summary>
    /// The line of <c>chronyc -c tracking</c>: id, source, stratum, reference time, offset, last offset, RMS offset, frequency, residual,
    /// skew, root delay, root dispersion, interval, leap status; times in seconds.
    /// </summary>
    internal static Finding OfChrony(string line, DateTimeOffset now)
    {
        var rule = UbuntuRules.ClockSynchronised;
        if (line.Trim().Split(',') is not [var id, var source, _, var reference, var offset, _, _, _, _, _, var delay, var dispersion, _, var leap]) throw new FormatException($"{Client}: an answer of another form");
        // chrony's own bound: offset + dispersion + half of the way.
        var bound = TimeSpan.FromSeconds(Math.Abs(Number(offset)) + Number(dispersion) + (Number(delay) / 2));
        var last = DateTimeOffset.UnixEpoch.AddSeconds(Number(reference));
        var evidence = new Evidence { { "daemon", "chrony" }, { "source", source }, { "greatestErrorMilliseconds", (long)bound.TotalMilliseconds }, { "lastSync", last } };
        if (leap == "Not synchronised") return Finding.Fail(rule, Subject, "chrony runs and is not synchronised", evidence);
        if (id == OwnClock) return Finding.Fail(rule, Subject, "chrony follows its own clock (local in its configuration): nothing corrects it", evidence);
        if (leap is not ("Normal" or "Insert second" or "Delete second")) throw new FormatException($"{Client}: an unknown leap status");
        return bound > Tolerance || now - last > TimeSpan.FromDays(1)
            ? Finding.Fail(rule, Subject, $"the clock may be wrong by {bound.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)} s: chrony corrected it last on {last.UtcDateTime:yyyy-MM-dd HH:mm}Z", evidence)
            : Finding.Pass(rule, Subject, $"chrony keeps the clock, which is wrong by less than {Tolerance.TotalSeconds} s", evidence);
    }

    static async Task<string> TrackingAsync(Machine machine, CancellationToken cancel)
    {
        var answer = await machine.RunAsync(Client, ["-c", "-n", "tracking"], cancel);
        return answer.ExitCode == 0 ? answer.Output : throw new IOException($"{Client} tracking: exit code {answer.ExitCode}: {answer.Output.Trim()} {answer.Error.Trim()}");
    }

    static double Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) < 1e10 ? number : throw new FormatException($"{Client}: not a number: {Printable.Clean(text, 32)}");

    static string? Daemon(Machine machine) => Array.Find(Daemons, unit => ServiceProcess.Of(machine, unit) is { IsStopped: false });

    static string Runs(string? daemon) => daemon is null ? "no time daemon that this agent knows runs" : $"{daemon} runs";
}
