using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ossec;

/// <summary>Whether client.keys holds what it should, for nobody else to read. Agents have one key, servers one for each agent.</summary>
static class KeysVerdict
{
    public static Finding Judge(Machine machine, Installation installation, Daemons daemons, string subject)
    {
        var rule = OssecRules.KeysValid;
        if (installation.Role == Role.Local) return Finding.NotApplicable(rule, subject, "a local installation has no keys");
        var path = installation.Directory + "/etc/client.keys";
        if (machine.Status(path) is not { } status || ClientKeys.Read(machine, path) is not { } keys)
            return installation.Role == Role.Server
                ? Finding.Pass(rule, subject, "there is no client.keys: no agent is registered")
                : Finding.Fail(rule, subject, $"{path} is missing: the agent was never registered with a manager");
        var evidence = new Evidence { { "file", path }, { "mode", status.OctalMode }, { "uid", status.Uid }, { "gid", status.Gid }, { "keys", keys.Live.Count }, { "removed", keys.Removed } };
        if (Exposed(machine, installation, status) is { } exposed) return Finding.Fail(rule, subject, $"{path} {exposed}", evidence);
        if (keys.Malformed > 0) return Finding.Fail(rule, subject, $"{path}: line {keys.Malformed} is no key (ID NAME ADDRESS KEY)", evidence);
        if (keys.Short) return Finding.Fail(rule, subject, $"{path}: a key is shorter than the 64 characters that are made", evidence);
        return installation.Role == Role.Server ? OfServer(keys, evidence, subject) : OfAgent(machine, installation, daemons, keys, evidence, subject);
    }

    static Finding OfServer(ClientKeys keys, Evidence evidence, string subject) =>
        keys.Live.GroupBy(key => key.Id).FirstOrDefault(same => same.Count() > 1) is { } twins
            ? Finding.Fail(OssecRules.KeysValid, subject, $"{twins.Count()} keys have the id {twins.Key}", evidence)
            : Finding.Pass(OssecRules.KeysValid, subject, $"agents registered: {keys.Live.Count}, each with a key of its own", evidence);

    static Finding OfAgent(Machine machine, Installation installation, Daemons daemons, ClientKeys keys, Evidence evidence, string subject)
    {
        var rule = OssecRules.KeysValid;
        if (keys.Live is not [var (id, name)])
            return Finding.Fail(rule, subject, keys.Live.Count > 0 ? $"client.keys holds {keys.Live.Count} keys, and agentd uses the first" : $"client.keys holds no key{(keys.Removed > 0 ? ": the agent was removed" : ": the agent was never registered with a manager")}", evidence);
        evidence.Add("agent", $"{id} {name}");
        // .agent_info outlives the daemon that wrote it: it says something only of one that runs.
        if (daemons.Find("agentd") is null) return Finding.Pass(rule, subject, $"one key, of agent {id} ({name}); agentd does not run", evidence);
        if (AgentInfo.Read(machine, installation) is not { } info) return Finding.Pass(rule, subject, $"one key, of agent {id} ({name})", evidence);
        return info.Id == id && info.Name == name
            ? Finding.Pass(rule, subject, $"one key, of agent {id} ({name}), and agentd runs as that", evidence)
            : Finding.Fail(rule, subject, $"client.keys holds the key of agent {id} ({name}), but agentd runs as agent {info.Id} ({info.Name}): restart it", evidence);
    }

    /// <summary>Why others than root and the daemons can read or change the file, or null.</summary>
    static string? Exposed(Machine machine, Installation installation, FileStatus status)
    {
        var (owner, group) = machine.Status(installation.Directory + "/etc") is { } directory ? (machine.Status(installation.QueueDirectory)?.Uid ?? directory.Uid, directory.Gid) : (0u, 0u);
        if ((status.Mode & 0b000_000_100) != 0) return $"can be read by everybody (mode {status.OctalMode})";
        if (status.WritableByOthers) return $"can be written by others than its owner (mode {status.OctalMode})";
        if (status.Uid != 0 && status.Uid != owner) return $"belongs to user {status.Uid}, neither root nor the daemons' own";
        return (status.Mode & 0b000_100_000) != 0 && status.Gid != 0 && status.Gid != group ? $"can be read by group {status.Gid}, which is not the daemons'" : null;
    }
}
