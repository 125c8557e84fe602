using System.Globalization;

namespace Ratchet.Agent.Probes;

/// <summary>The oldest living process of a system service.</summary>
/// <param name="State">The kernel's letter: R, S, D, T (stopped by a signal) and the like.</param>
sealed record ServiceProcess(int Pid, char State, DateTimeOffset? Started)
{
    // Version 2, and systemd's own hierarchy of version 1.
    static readonly string[] Slices = ["/sys/fs/cgroup/system.slice", "/sys/fs/cgroup/systemd/system.slice"];

    public bool IsStopped => State is 'T' or 't';

    /// <summary>
    /// Asked of the cgroup that systemd keeps for the unit: pid files outlive their process, and a process chooses its own name.
    /// </summary>
    /// <returns>Null where the service does not run.</returns>
    /// <exception cref="IOException">Services cannot be seen here.</exception>
    public static ServiceProcess? Of(Machine machine, string unit)
    {
        foreach (var slice in Slices)
        {
            if (machine.Status(slice) is null) continue;
            return (machine.ReadText($"{slice}/{unit}/cgroup.procs") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : throw new FormatException($"{slice}/{unit}/cgroup.procs: not a process id"))
                .Order().Select(pid => Describe(machine, pid)).FirstOrDefault(process => process is not null);
        }
        throw new IOException("which services run cannot be seen: /sys/fs/cgroup has no system.slice");
    }

    /// <summary>Null for one that has ended, or is dead and not yet buried.</summary>
    static ServiceProcess? Describe(Machine machine, int pid)
    {
        if (machine.ReadText($"/proc/{pid}/stat") is not { } stat) return null;
        // proc(5): the name in parentheses may itself hold parentheses.
        var state = stat.AsSpan(stat.LastIndexOf(')') + 1).TrimStart();
        return state is [] or ['Z' or 'X', ..] ? null : new ServiceProcess(pid, state[0], new ProcessTable(machine).Started(pid));
    }
}
