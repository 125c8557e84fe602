using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Cli;

/// <summary>
/// The state directory is the service's user's. What root writes there the service cannot replace, and root must not walk
/// through links that the service's user has laid: verbs of root's that touch it do so as its owner.
/// </summary>
static class StateOwner
{
    /// <summary>Root becomes the owner of the directory, for the rest of this process. The configuration is read before.</summary>
    public static void Become(string state)
    {
        if (Other(state) is { } owner) Libc.Become(owner.Uid, owner.Gid);
    }

    /// <summary>For who needs root's eyes while writing there.</summary>
    /// <exception cref="IOException">The directory belongs to somebody else than root.</exception>
    public static void Demand(string state)
    {
        if (Other(state) is { } owner)
            throw new IOException($"{state} belongs to uid {owner.Uid}, which could not use what root writes there: start the service (systemctl start ratchet-agent), or name another directory (RATCHET_STATE)");
    }

    static FileStatus? Other(string state) =>
        Libc.EffectiveUser == 0 && new Machine("/", Probes.Command.RunAsync).Status(Path.GetFullPath(state)) is { Uid: not 0 } owner ? owner : null;
}
