using System.Globalization;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ossec;

/// <summary>One running daemon of an installation.</summary>
/// <param name="Name">Without prefix: <c>agentd</c>.</param>
/// <param name="State">The kernel's letter: R, S, T (stopped by a signal), Z (dead, not yet buried) and the like.</param>
/// <param name="Replaced">Its program was removed or replaced since it was started.</param>
/// <param name="Certain">Its executable and its root could be looked at: it is this installation's, not one of a container.</param>
sealed record DaemonProcess(string Name, int Pid, int Parent, char State, DateTimeOffset? Started, bool Replaced, bool Certain)
{
    public bool IsStopped => State == 'T';
}

/// <summary>
/// The daemons of one installation, from the process table: pid files are left behind by kill -9 and written late, so they are
/// never asked. A process counts by its executable; where that may not be read, by its first argument and its user.
/// </summary>
sealed class Daemons
{
    // TASK_COMM_LEN without the zero byte.
    const int NameLimit = 15;

    readonly List<DaemonProcess> processes = [];

    /// <summary>Why an absence proves nothing, or null.</summary>
    public string? Hidden { get; private set; }

    public IReadOnlyList<DaemonProcess> All => processes;

    public IEnumerable<DaemonProcess> Of(string name) => processes.Where(process => process.Name == name);

    /// <summary>The first process of that name; null where there is none.</summary>
    public DaemonProcess? Find(string name) => Of(name).FirstOrDefault();

    public static Daemons Look(Machine machine, Installation installation)
    {
        var daemons = new Daemons();
        var table = new ProcessTable(machine);
        var ids = table.Ids();
        // Pid 1 is always there: a /proc that does not show it (hidepid, or none at all) hides others too.
        if (!ids.Contains(1)) daemons.Hidden = "/proc does not show the processes of others";
        var names = installation.Programs.ToDictionary(name => Cut(installation.Prefix + name));
        foreach (var pid in ids)
            if (table.Name(pid) is { } comm && names.TryGetValue(comm, out var name) && Describe(machine, installation, table, pid, name) is { } process)
                daemons.processes.Add(process);
        // A daemon that starts a command is there twice for a moment.
        daemons.processes.RemoveAll(child => daemons.processes.Any(parent => parent.Pid == child.Parent && parent.Name == child.Name));
        return daemons;
    }

    static string Cut(string name) => name.Length > NameLimit ? name[..NameLimit] : name;

    /// <summary>Null for a process that is another's, dead or gone.</summary>
    static DaemonProcess? Describe(Machine machine, Installation installation, ProcessTable table, int pid, string name)
    {
        if (machine.ReadText($"/proc/{pid}/status") is not { } status || table.Describe(pid) is not { } info) return null;
        var fields = status.Split('\n').Select(line => line.Split(':', 2)).Where(pair => pair.Length == 2).ToLookup(pair => pair[0], pair => pair[1].Trim());
        var state = fields["State"].FirstOrDefault() is [var letter, ..] ? letter : '?';
        if (state is 'Z' or 'X') return null;
        var program = $"{installation.Directory}/bin/{installation.Prefix}{name}";
        if (info.Executable is { } executable ? executable != $"{installation.RealDirectory}/bin/{installation.Prefix}{name}" : !Resembles(machine, installation, pid, info.Uid, program)) return null;
        var elsewhere = IsElsewhere(machine, installation, pid);
        // A process with an id in more than one namespace is in a container.
        if (elsewhere ?? fields["NSpid"].FirstOrDefault()?.Split('\t', StringSplitOptions.RemoveEmptyEntries).Length > 1) return null;
        var parent = int.TryParse(fields["PPid"].FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0;
        return new DaemonProcess(name, pid, parent, state, table.Started(pid), info.Deleted, info.Executable is not null);
    }

    /// <summary>Anybody can write any first argument, but not under root's user or the daemons' own.</summary>
    static bool Resembles(Machine machine, Installation installation, int pid, uint uid, string program)
    {
        var first = machine.ReadText($"/proc/{pid}/cmdline")?.Split('\0', 2)[0];
        if (first != program && (first is null || Path.GetFileName(first) != Path.GetFileName(program) || first.StartsWith('/'))) return false;
        return uid == 0 || machine.Status(installation.QueueDirectory)?.Uid == uid;
    }

    /// <summary>
    /// Whether the process sees another directory under this name: it is in a container with an agent of its own. Null where
    /// that cannot be seen.
    /// </summary>
    static bool? IsElsewhere(Machine machine, Installation installation, int pid)
    {
        // A recorded host has no such link to follow.
        if (!machine.IsLive) return null;
        try
        {
            // agentd and others change their root to the installation itself.
            var (here, there) = (machine.Status(installation.Directory), machine.Status($"/proc/{pid}/root{installation.Directory}") ?? machine.Status($"/proc/{pid}/root"));
            return here is null || there is null ? null : here.Inode != there.Inode || here.Changed != there.Changed;
        }
        catch (IOException)
        {
            // Without CAP_SYS_PTRACE.
            return null;
        }
    }
}
