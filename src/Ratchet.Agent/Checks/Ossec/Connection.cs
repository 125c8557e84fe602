using System.Globalization;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ossec;

/// <summary>Whether the agent is connected to its manager, by the marks that agentd leaves in its queue directory.</summary>
/// <remarks>
/// <c>.wait</c> stands while agentd waits for an acknowledgement; it is made at the start and when the last acknowledgement
/// is older than time-reconnect, and a crash leaves it behind. <c>sender_counter</c> is written with every message.
/// </remarks>
sealed class Connection(Machine machine, Installation installation, Daemons daemons, OssecConfig config, TimeSpan grace)
{
    static readonly TimeSpan ClockError = TimeSpan.FromSeconds(60);

    string Agentd => installation.Prefix + "agentd";

    string Managers => config.Managers.Count > 0 ? (config.Managers.Count == 1 ? "manager " : "managers ") + string.Join(", ", config.Managers.Take(4)) : "the manager";

    public Finding Judge(LogEvents? log, TimeZoneInfo zone, string subject)
    {
        var rule = OssecRules.ManagerConnected;
        if (installation.Role != Role.Agent) return Finding.NotApplicable(rule, subject, $"a {installation.Role.ToString().ToLowerInvariant()} installation has no manager");
        var locked = machine.Status(installation.QueueDirectory + "/.wait")?.Modified;
        var evidence = new Evidence
        {
            { "managers", config.Managers }, { "locked_since", locked }, { "last_connected_in_log", Last(log?.Connected, zone) }, { "last_unanswered_in_log", Last(log?.Waiting, zone) },
        };
        if (daemons.Find("agentd") is not { } agentd)
            return daemons.Hidden is { } hidden
                ? Finding.Unknown(rule, subject, $"{Agentd} does not show: {hidden}", evidence)
                : Finding.Fail(rule, subject, $"{Agentd} does not run{(locked is { } old ? $"; its lock of {Spell.Time(old, machine.Now)} was left behind" : "")}", evidence);
        if (agentd.IsStopped) return Finding.Fail(rule, subject, $"{Agentd} is stopped by a signal (SIGSTOP): nothing reaches {Managers}", evidence);
        return installation.IsWazuh && WazuhState.Read(machine, installation) is { } state
            ? state.Judge(installation, agentd, Managers, machine.Now, subject, evidence)
            : locked is { } since ? Locked(since, agentd, evidence, subject) : Free(agentd, evidence, subject);
    }

    Finding Locked(DateTimeOffset since, DaemonProcess agentd, Evidence evidence, string subject)
    {
        var rule = OssecRules.ManagerConnected;
        var age = machine.Now - since;
        if (age < -ClockError) return Finding.Unknown(rule, subject, "agentd's lock is dated in the future: the clock was set back", evidence);
        if (age <= grace) return Finding.Pass(rule, subject, $"agentd has waited {Spell.Duration(age)} for {Managers}: idle agents do so for a moment", evidence);
        // A lock that is older than the daemon would be one that it does not know of.
        if (agentd.Started > since + ClockError) return Finding.Unknown(rule, subject, $"the lock of {Spell.Time(since, machine.Now)} is older than the {Agentd} that runs", evidence);
        return Finding.Fail(rule, subject, $"locked for {Spell.Duration(age)}: {Managers} has not answered since {Spell.Time(since, machine.Now)}; it is down, cannot be reached, or refuses this agent's key (only its own log tells which)", evidence);
    }

    Finding Free(DaemonProcess agentd, Evidence evidence, string subject)
    {
        var rule = OssecRules.ManagerConnected;
        if (machine.Status(installation.Directory + "/queue/rids/sender_counter")?.Modified is not { } sent)
            return Finding.Unknown(rule, subject, $"{Agentd} runs, but has never sent anything", evidence);
        evidence.Add("last_sent", sent);
        var limit = SilenceLimit();
        var silence = machine.Now - sent;
        if (silence < -ClockError) return Finding.Unknown(rule, subject, "agentd's last message is dated in the future: the clock was set back", evidence);
        if (silence > limit && machine.Now - agentd.Started > limit)
            return Finding.Fail(rule, subject, $"{Agentd} hangs: it last sent {Spell.Duration(silence)} ago, and does so every {Spell.Duration(limit)} or oftener", evidence);
        // agentd looks at the last answer whenever it runs, which it did when it sent.
        return Finding.Pass(rule, subject, $"connected to {Managers}: no lock, so it has answered within {Spell.Duration(Reconnect + silence)}, and agentd last sent {Spell.Duration(silence)} ago", evidence);
    }

    TimeSpan Notify => Seconds("client/notify_time") ?? TimeSpan.FromSeconds(installation.IsWazuh ? 20 : 600);

    // Less than notify_time is taken as three times it (client-agent/main.c).
    TimeSpan Reconnect => Seconds("client/time-reconnect") is { } given && given > Notify ? given : 3 * Notify;

    /// <summary>
    /// How long a healthy agentd may send nothing. It sends at least every notify_time, and logcollector hands it a message
    /// every vcheck_files rounds of loop_timeout; both may be late by a round.
    /// </summary>
    TimeSpan SilenceLimit()
    {
        var limit = Notify;
        if (daemons.Find("logcollector") is { IsStopped: false })
        {
            var rounds = Internal("logcollector.vcheck_files", 64) * Internal("logcollector.loop_timeout", 2);
            limit = TimeSpan.FromSeconds(Math.Min(limit.TotalSeconds, 2.0 * rounds));
        }
        return limit + TimeSpan.FromSeconds(60);
    }

    int Internal(string name, int usual) => InternalOptions.Read(machine, installation, name) ?? usual;

    TimeSpan? Seconds(string path)
    {
        try
        {
            return config.Seconds(path);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    static DateTimeOffset? Last(LogEvent? e, TimeZoneInfo zone) => e is null ? null : zone.Instants(e.Local).Last;
}

/// <summary>etc/internal_options.conf, and local_internal_options.conf above it: <c>NAME=NUMBER</c>, a line each.</summary>
static class InternalOptions
{
    public static int? Read(Machine machine, Installation installation, string name)
    {
        foreach (var file in new[] { "local_internal_options.conf", "internal_options.conf" })
            foreach (var line in (machine.ReadText($"{installation.Directory}/etc/{file}", 1 << 20) ?? "").Split('\n'))
                if (line.StartsWith(name + "=", StringComparison.Ordinal) && int.TryParse(line.AsSpan(name.Length + 1).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return number;
        return null;
    }
}
