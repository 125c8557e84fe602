using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ossec;

/// <summary>
/// A digest of what changes without any configuration file: the daemons of the last run that still live and are not stopped,
/// the pid files that new ones leave, a lock that has become an outage, the status that a Wazuh agentd writes.
/// </summary>
static class LiveDigest
{
    public static long Of(Machine machine, IReadOnlyList<(Installation Installation, Daemons Daemons)> seen, TimeSpan grace)
    {
        var digest = new HashCode();
        foreach (var (installation, daemons) in seen)
        {
            foreach (var daemon in daemons.All) digest.Add(StateOf(machine, daemon.Pid));
            foreach (var name in machine.List(installation.Directory + "/var/run") ?? [])
                if (name.EndsWith(".pid", StringComparison.Ordinal)) digest.Add(name);
            digest.Add(machine.Status(installation.QueueDirectory + "/.wait") is { } wait && machine.Now - wait.Modified > grace);
            if (installation.IsWazuh) digest.Add(WazuhState.Read(machine, installation)?.Status);
        }
        return digest.ToHashCode();
    }

    /// <summary>T stopped, - gone, + anything else: that a daemon sleeps or runs is no change.</summary>
    static char StateOf(Machine machine, int pid)
    {
        if (machine.ReadText($"/proc/{pid}/stat") is not { } stat || stat.LastIndexOf(')') is not (> 0 and var end) || end + 2 >= stat.Length) return '-';
        return stat[end + 2] is 'T' or 'Z' ? stat[end + 2] : '+';
    }
}
