using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ossec;

/// <summary>
/// What a Wazuh agentd says of its connection in var/run/wazuh-agentd.state: <c>status='connected'</c>, <c>last_ack='…'</c>.
/// It writes the file anew every 5 s; one that kill -9 left behind goes on saying what it said.
/// </summary>
/// <param name="Written">When the file was last written.</param>
/// <param name="Interval">How often it is to be written.</param>
sealed record WazuhState(string Status, string? LastAcknowledged, string? LastKeepAlive, DateTimeOffset Written, TimeSpan Interval)
{
    const int Limit = 64 << 10;

    static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(60);

    /// <summary>Null where agentd is told not to write the file, or has not yet.</summary>
    public static WazuhState? Read(Machine machine, Installation installation)
    {
        var path = $"{installation.Directory}/var/run/{installation.Prefix}agentd.state";
        var interval = InternalOptions.Read(machine, installation, "agent.state_interval") ?? 5;
        if (interval == 0 || machine.ReadText(path, Limit) is not { } text || machine.Status(path) is not { } file) return null;
        var values = new Dictionary<string, string>();
        foreach (var line in text.Split('\n'))
            if (line is not ['#', ..] && line.Split('=', 2) is [var name, ['\'', .., '\''] value]) values[name] = value[1..^1];
        return new WazuhState(values.GetValueOrDefault("status", ""), Value("last_ack"), Value("last_keepalive"), file.Modified, TimeSpan.FromSeconds(interval));

        string? Value(string name) => values.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
    }

    public Finding Judge(Installation installation, DaemonProcess agentd, string managers, DateTimeOffset now, string subject, Evidence evidence)
    {
        var rule = OssecRules.ManagerConnected;
        evidence.Add("status", Status);
        evidence.Add("last_ack", LastAcknowledged);
        evidence.Add("last_keepalive", LastKeepAlive);
        evidence.Add("written", Written);
        var answered = LastAcknowledged is null ? "" : $"; it last answered at {LastAcknowledged} (host's time)";
        var limit = (3 * Interval) + TimeSpan.FromSeconds(45);
        if (now - Written > limit && now - agentd.Started > limit)
            return Finding.Fail(rule, subject, $"{installation.Prefix}agentd hangs: it has not written its state for {Spell.Duration(now - Written)}, and does so every {Spell.Duration(Interval)}", evidence);
        if (Written - now > ConnectTime) return Finding.Unknown(rule, subject, "agentd's state is dated in the future: the clock was set back", evidence);
        return Status switch
        {
            _ when Written < agentd.Started => Finding.Unknown(rule, subject, "agentd has just been started and has not written its state yet", evidence),
            "connected" => Finding.Pass(rule, subject, $"connected to {managers}{answered}", evidence),
            "disconnected" => Finding.Fail(rule, subject, $"disconnected from {managers}{answered}", evidence),
            "pending" when now - agentd.Started <= ConnectTime => Finding.Unknown(rule, subject, $"{installation.Prefix}agentd has just been started and waits for {managers}", evidence),
            "pending" => Finding.Fail(rule, subject, $"{installation.Prefix}agentd waits for {managers}: it is down, cannot be reached, or refuses this agent's key (only its own log tells which)", evidence),
            _ => Finding.Unknown(rule, subject, "agentd's state file names no known status", evidence),
        };
    }
}
