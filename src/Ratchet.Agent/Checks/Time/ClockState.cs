using System.Globalization;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Time;

/// <summary>Whether something keeps the host's clock right.</summary>
enum Keeping
{
    Kept,

    /// <summary>Who should keep it says that he does not.</summary>
    Not,

    /// <summary>No time daemon that is known here runs, and the kernel may not be asked: a hypervisor may keep it.</summary>
    Nobody,

    /// <summary>Nobody can be asked.</summary>
    Unknown,
}

/// <summary>
/// What keeps the host's clock, and how well: the kernel's own word (adjtimex(2)), whoever sets it. Where the kernel may not be asked,
/// as in the service's sandbox, or chrony does not tell it (no rtcsync), what the time daemon says.
/// </summary>
/// <param name="Daemon">The unit of the time daemon that runs; null: none that is known here.</param>
/// <param name="GreatestError">By how much the clock may be wrong; null where it is not kept, or that is not known.</param>
/// <param name="Keeper">What is said of the clock, as a sentence: who keeps it, or why nobody does.</param>
/// <param name="Since">When it was corrected last, as a sentence; for a clock that is kept.</param>
/// <param name="LastSync">The time of that.</param>
/// <param name="Source">Whom chrony follows.</param>
sealed record ClockState(Keeping Keeping, string? Daemon, TimeSpan? GreatestError, string Keeper, string Since = "", DateTimeOffset? LastSync = null, string? Source = null)
{
    const string Chrony = "chrony.service", Chronyd = "chronyd.service", Timesyncd = "systemd-timesyncd.service";
    static readonly string[] Daemons = [Chrony, Chronyd, Timesyncd, "ntpsec.service", "ntp.service", "ntpd-rs.service", "openntpd.service"];

    const string Stamp = "/run/systemd/timesync/synchronized", Client = "/usr/bin/chronyc";

    /// <summary>The reference id 127.127.1.1: with <c>local</c> chrony calls itself synchronised without a source.</summary>
    const string OwnClock = "7F7F0101";

    /// <summary>One look a sweep, for all who judge dates. What cannot be read is not known.</summary>
    public static Task<ClockState> LookAsync(Machine machine, CancellationToken cancel) => machine.ShareAsync("clock", async host =>
    {
        try
        {
            // Daemons touch their files all day.
            return await ReadAsync(host.Unwatched(), cancel);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return new ClockState(Keeping.Unknown, null, null, "could not look: " + e.Message);
        }
    });

    static async Task<ClockState> ReadAsync(Machine machine, CancellationToken cancel)
    {
        var daemon = Array.Find(Daemons, unit => ServiceProcess.Of(machine, unit) is { IsStopped: false });
        var kernel = KernelClock.Read(machine);
        if (kernel is { IsSynchronised: true }) return OfKernel(kernel, daemon);
        if (daemon is Chrony or Chronyd) return OfChrony(await TrackingAsync(machine, cancel), daemon);
        if (kernel is not null) return new ClockState(Keeping.Not, daemon, null, $"the kernel's clock is not synchronised; {Runs(daemon)}");
        return daemon switch
        {
            null => new ClockState(Keeping.Nobody, null, null, Runs(null)),
            Timesyncd => OfTimesyncd(machine.Status(Stamp)?.Modified, machine.Now),
            _ => new ClockState(Keeping.Unknown, daemon, null, $"{daemon} runs, and the kernel could not be asked whether the clock is synchronised"),
        };
    }

    internal static ClockState OfKernel(KernelClock kernel, string? daemon) => new(
        Keeping.Kept, daemon, kernel.GreatestError, $"{daemon ?? "somebody"} keeps the kernel's clock", $"nothing has corrected it for {(int)kernel.CorrectedWithin.TotalMinutes} minutes; {Runs(daemon)}");

    internal static ClockState OfTimesyncd(DateTimeOffset? synchronised, DateTimeOffset now) =>
        synchronised is not { } last ? new(Keeping.Not, Timesyncd, null, "systemd-timesyncd runs and has not synchronised the clock since the host was started")
        : last > now.AddMinutes(1) ? new(Keeping.Not, Timesyncd, null, "systemd-timesyncd's last synchronisation is to come: somebody set the clock back", LastSync: last)
        : new(Keeping.Kept, Timesyncd, (now - last).Duration() * KernelClock.Drift, "systemd-timesyncd keeps the clock", $"systemd-timesyncd synchronised it last on {last.UtcDateTime:yyyy-MM-dd HH:mm}Z", last);

    /// <summary>
    /// The line of <c>chronyc -c tracking</c>: id, source, stratum, reference time, offset, last offset, RMS offset, frequency, residual,
    /// skew, root delay, root dispersion, interval, leap status; times in seconds.
    /// </summary>
    internal static ClockState OfChrony(string line, string daemon)
    {
        if (line.Trim().Split(',') is not [var id, var source, _, var reference, var offset, _, _, _, _, _, var delay, var dispersion, _, var leap]) throw new FormatException($"{Client}: an answer of another form");
        // chrony's own bound: offset + dispersion + half of the way.
        var bound = TimeSpan.FromSeconds(Math.Abs(Number(offset)) + Number(dispersion) + (Number(delay) / 2));
        var last = DateTimeOffset.UnixEpoch.AddSeconds(Number(reference));
        if (leap == "Not synchronised") return new ClockState(Keeping.Not, daemon, null, "chrony runs and is not synchronised");
        if (id == OwnClock) return new ClockState(Keeping.Not, daemon, null, "chrony follows its own clock (local in its configuration): nothing corrects it");
        if (leap is not ("Normal" or "Insert second" or "Delete second")) throw new FormatException($"{Client}: an unknown leap status");
        return new ClockState(Keeping.Kept, daemon, bound, "chrony keeps the clock", $"chrony corrected it last on {last.UtcDateTime:yyyy-MM-dd HH:mm}Z", last, source);
    }

    static async Task<string> TrackingAsync(Machine machine, CancellationToken cancel)
    {
        var answer = await machine.RunAsync(Client, ["-c", "-n", "tracking"], cancel);
        return answer.ExitCode == 0 ? answer.Output : throw new IOException($"{Client} tracking: exit code {answer.ExitCode}: {answer.Output.Trim()} {answer.Error.Trim()}");
    }

    static double Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) < 1e10 ? number : throw new FormatException($"{Client}: not a number: {Printable.Clean(text, 32)}");

    static string Runs(string? daemon) => daemon is null ? "no time daemon that this agent knows runs" : $"{daemon} runs";
}
