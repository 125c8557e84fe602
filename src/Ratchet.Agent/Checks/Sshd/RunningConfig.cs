using System.Globalization;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>Whether the running daemon is what its files, its unit and its binary say now.</summary>
sealed class RunningConfig
{
    // The boot time in /proc/stat is in whole seconds, so a process's start is known to a second or two.
    static readonly TimeSpan StartError = TimeSpan.FromSeconds(2);

    // File times move in ticks of the kernel's coarse clock, 4 ms or 10 ms long: two changes in one tick cannot be told apart.
    static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    readonly Dictionary<string, (string Key, SshOffer? Offer, string? Obstacle)> asked = [];

    public async Task<Finding> JudgeAsync(Machine machine, Daemon daemon, SshdConfig config, SshdAnswer answer, CancellationToken cancel)
    {
        var rule = SshdRules.RunningConfigCurrent;
        if (!daemon.Runs)
            return SshdUnit.Listens(machine).Count > 0
                ? Finding.Pass(rule, daemon.Subject, "no daemon runs; each start by the socket unit reads the files")
                : Finding.NotApplicable(rule, daemon.Subject, "sshd does not run");
        if (daemon.Replaced) return Finding.Fail(rule, daemon.Subject, $"{daemon.Program} was replaced since the daemon was started: the old binary still runs");
        if (UnitDiffers(machine, daemon) is { } unit) return Finding.Fail(rule, daemon.Subject, $"the daemon runs with other arguments than {unit} says now: it was not restarted");
        if (answer.Config is not { } settings) return Finding.Unknown(rule, daemon.Subject, answer.Obstacle ?? "sshd refuses its configuration, so what it would do is not known");

        if (LoadTime(machine, daemon, settings) is not var (loaded, error)) return Finding.Unknown(rule, daemon.Subject, "when the daemon was started is not known");
        var evidence = new Evidence { { "loaded", loaded } };
        var files = config.Files.Concat(settings.All("hostkey")).Select(path => (Path: path, Status: machine.Status(path))).Where(f => f.Status is not null).ToArray();
        var newer = Newer(machine, files.Select(f => f.Path), loaded + error).ToArray();
        evidence.Add("changed_since", newer.Length > 0 ? newer : null);
        if (newer.Length > 0) return Finding.Fail(rule, daemon.Subject, $"changed since the daemon read its configuration, and not reloaded: {string.Join(", ", newer.Take(5))}", evidence);
        if (Doubt(machine, config, files.Where(f => f.Status!.Touched >= loaded - error).Select(f => f.Path), loaded - error) is { } doubt)
            return Finding.Unknown(rule, daemon.Subject, $"{doubt} since the daemon read its configuration, or in the same moment: reload to be certain", evidence);
        return machine.IsLive ? await CompareOfferAsync(machine, daemon, settings, loaded, files.Select(f => f.Path), evidence, cancel)
            : Finding.Pass(rule, daemon.Subject, "nothing changed since the daemon read its configuration", evidence);
    }

    /// <summary>What happened of which the times do not tell what it was, or null.</summary>
    static string? Doubt(Machine machine, SshdConfig config, IEnumerable<string> touched, DateTimeOffset since)
    {
        // Who copies a directory anew sets its time of modification back, but not that of its change.
        var changed = touched.Concat(config.Directories.Where(path => machine.Status(path) is { } d && d.Touched >= since)).FirstOrDefault();
        if (changed is not null) return $"{changed} was replaced, removed from or changed in mode";
        var gone = config.Missing.FirstOrDefault(include => machine.Status(include.Directory) is not { } d || d.Touched >= since);
        return gone is null ? null : $"Include {gone.Pattern} names nothing, and something in {gone.Directory} was added or removed";
    }

    /// <summary>Files of its configuration that changed after the daemon read them; none where none runs. Null: when it did is not known.</summary>
    public static string[]? NewerFiles(Machine machine, Daemon daemon, SshdConfig config, EffectiveConfig settings) =>
        !daemon.Runs ? []
        : LoadTime(machine, daemon, settings) is var (loaded, error) ? [.. Newer(machine, config.Files, loaded + error)]
        : null;

    static IEnumerable<string> Newer(Machine machine, IEnumerable<string> files, DateTimeOffset than) => files.Where(path => machine.Status(path)?.Modified > than + Tick);

    /// <summary>The unit whose arguments are no longer those of the daemon, or null.</summary>
    static string? UnitDiffers(Machine machine, Daemon daemon)
    {
        if (daemon.Unit is null || SshdUnit.Read(machine, daemon.Unit) is not { Command.Count: > 0 } unit) return null;
        try
        {
            return DaemonArguments.Parse([.. unit.Command.Skip(1)]).SameAs(daemon.Arguments) ? null : daemon.Unit;
        }
        catch (FormatException)
        {
            return null; // the unit does not start sshd directly
        }
    }

    /// <summary>
    /// When the files were read, and how far off that may be: SIGHUP makes the daemon execute itself anew with the same pid and
    /// start time, and only the pid file, written anew, shows it.
    /// </summary>
    static (DateTimeOffset Time, TimeSpan Error)? LoadTime(Machine machine, Daemon daemon, EffectiveConfig settings)
    {
        if (new ProcessTable(machine).Started(daemon.Pid) is not { } started) return null;
        return settings.Get("pidfile") is { } path && path.StartsWith('/') && machine.ReadText(path, 64)?.Trim() == daemon.Pid.ToString(CultureInfo.InvariantCulture) &&
            machine.Status(path) is { } file && file.Modified > started - StartError
            ? (file.Modified, TimeSpan.Zero)
            : (started, StartError);
    }

    async Task<Finding> CompareOfferAsync(
        Machine machine, Daemon daemon, EffectiveConfig settings, DateTimeOffset loaded, IEnumerable<string> files, Evidence evidence, CancellationToken cancel)
    {
        var key = $"{daemon.Pid} {loaded.UtcTicks} {SshdAnswers.Stamp(machine, files)}";
        if (!asked.TryGetValue(daemon.Subject, out var last) || last.Key != key)
            // A failure is not asked for again at once: each attempt is a line in auth.log.
            asked[daemon.Subject] = last = await AskAsync(machine, daemon, key, cancel);
        if (last.Offer is not { } offer) return Finding.Unknown(SshdRules.RunningConfigCurrent, daemon.Subject, $"nothing changed in the files, but the daemon could not be asked what it offers: {last.Obstacle}", evidence);
        var difference = Difference(offer, settings);
        return difference is null
            ? Finding.Pass(SshdRules.RunningConfigCurrent, daemon.Subject, "nothing changed since the daemon read its configuration, and it offers the algorithms that its files say", evidence)
            : Finding.Fail(SshdRules.RunningConfigCurrent, daemon.Subject, $"the running daemon does not offer what its files say: {difference}", evidence);
    }

    static async Task<(string, SshOffer?, string?)> AskAsync(Machine machine, Daemon daemon, string key, CancellationToken cancel)
    {
        try
        {
            if (machine.ReadLink($"/proc/{daemon.Pid}/ns/net") != machine.ReadLink("/proc/self/ns/net")) return (key, null, "it listens in another network namespace");
            var listeners = DaemonAddress.Of(machine, daemon.Pid);
            if (listeners.Count == 0) return (key, null, "no listening socket of it can be seen");
            return (key, await SshHandshake.AskAsync(listeners[0].EndPoint, cancel), null);
        }
        catch (IOException e)
        {
            return (key, null, e.Message);
        }
    }

    /// <summary>How an offer differs from the settings, or null. Order is no difference; a host key type is offered only where there is a key of it.</summary>
    internal static string? Difference(SshOffer offer, EffectiveConfig settings)
    {
        var exchange = offer.KeyExchange.Where(name => !AlgorithmRules.IsPseudo(name) && !name.StartsWith("gss-", StringComparison.Ordinal));
        return Compare("kexalgorithms", exchange, all: true) ?? Compare("ciphers", offer.Ciphers, all: true)
            ?? Compare("macs", offer.Macs, all: true) ?? Compare("hostkeyalgorithms", offer.HostKeys, all: false);

        string? Compare(string keyword, IEnumerable<string> offered, bool all)
        {
            var said = settings.Names(keyword);
            var more = offered.Except(said).FirstOrDefault();
            if (more is not null) return $"{more} is offered, which {keyword} does not hold";
            var less = all ? said.Except(offered).FirstOrDefault() : null;
            return less is null ? null : $"{less} is not offered, which {keyword} holds";
        }
    }
}
