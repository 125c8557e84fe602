using Ratchet.Agent.Checks.Access.Sudo;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Access;

/// <summary>What one sweep saw of who may enter, and the register that it is held against.</summary>
sealed class AccessView
{
    // Who controls containers, virtual machines, disks or memory controls the host; shadow reads every hash. The administrators'
    // groups of Debian and Ubuntu pass polkit, whatever sudoers says.
    static readonly HashSet<string> RootGroups = ["admin", "disk", "docker", "incus-admin", "kmem", "libvirt", "lxd", "microk8s", "shadow", "sudo", "wheel"];

    readonly Lazy<Sudoers?> sudoers;
    readonly Lazy<SudoRights?> rights;
    readonly Lazy<IReadOnlyList<Session>> sessions;

    public AccessView(Machine machine, TrueTime time, string host, Register register, HostAccounts accounts, Accounts names, IReadOnlyList<ClusterRoles> clusters, Kept<Sudoers?> kept)
    {
        (Machine, Register, Accounts, Names, Clusters) = (machine, register, accounts, names, clusters);
        Time = time;
        sudoers = new(() => kept.Of(machine, host, watched => Sudo.Sudoers.Read(watched, host)));
        rights = new(() => Sudoers is { } files ? new SudoRights(files, names, Now) : null);
        var quiet = machine.Unwatched();
        sessions = new(() => quiet.ReadText("/proc/1/comm") is null
            ? throw new IOException("other users' processes do not show in /proc (hidepid), so a session may run unseen")
            : new Sessions(quiet, names).Find());
    }

    public Machine Machine { get; }

    public Register Register { get; }

    public HostAccounts Accounts { get; }

    public Accounts Names { get; }

    public IReadOnlyList<ClusterRoles> Clusters { get; }

    /// <summary>What the register's days are held against. What the host itself does at a time, it does by its own clock.</summary>
    public TrueTime Time { get; }

    public DateTimeOffset Now => Time.Now;

    public DateOnly Today => Time.Today;

    /// <summary>Null where there is no sudo.</summary>
    public Sudoers? Sudoers => sudoers.Value;

    /// <exception cref="IOException">Other users' processes do not show.</exception>
    public IReadOnlyList<Session> Sessions => sessions.Value;

    /// <summary>What an account may do by sudo; nothing where there is none.</summary>
    public IReadOnlyList<SudoRight> RightsOf(Account account) => rights.Value?.Of(account) ?? [];

    /// <summary>The groups of an account that mean root.</summary>
    public IReadOnlyList<string> RootGroupsOf(string name) => [.. Names.AllGroupNamesOf(name).Where(RootGroups.Contains).Distinct().Order(StringComparer.Ordinal)];
}
