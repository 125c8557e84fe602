using System.Globalization;
using Ratchet.Agent.Checks.Ports;

namespace Ratchet.Agent.Probes;

/// <summary>What /proc says of one process. Its arguments and environment are never kept: they may hold secrets.</summary>
/// <param name="Name">The kernel's name for it (comm), at most 15 characters; the process can set it.</param>
/// <param name="Executable">The path of its program; null where it may not be read or there is none (a kernel thread).</param>
/// <param name="Deleted">The program has been removed or replaced since it was started.</param>
/// <param name="Uid">Effective user.</param>
/// <param name="ControlGroup">
/// Its cgroup path (systemd's own hierarchy of v1, or v2), for instance <c>/system.slice/ssh.service</c>, as this machine's process 1
/// names it: what lies above that is another machine's, of which this one is a container.
/// </param>
/// <param name="IsContained">It belongs to a container of this machine, whose own systemd named what lies below.</param>
sealed record ProcessInfo(int Pid, string Name, string? Executable, bool Deleted, uint Uid, string ControlGroup, bool IsContained = false)
{
    const string DeletedMark = " (deleted)";

    /// <summary>
    /// The unit of the system's systemd (service, scope or socket) that the process belongs to, or null outside of one. It is
    /// the outermost: what lies below it is delegated, and a user may name a cgroup there after any service.
    /// </summary>
    public string? Unit => IsContained ? null : ControlGroup.Split('/').FirstOrDefault(IsUnit);

    /// <summary>Whether a container's cgroup lies above the outermost unit. One that a unit is for (docker-ID.scope) lies in that unit.</summary>
    internal static bool LiesInContainer(string controlGroup)
    {
        var above = string.Join('/', controlGroup.Split('/').TakeWhile(part => !IsUnit(part)));
        // A slice may be called machine-NAME: what systemd calls a machine has a scope.
        return UnitName.Container(above) is { } container && !container.StartsWith("machine:", StringComparison.Ordinal);
    }

    static bool IsUnit(string part) =>
        part.EndsWith(".service", StringComparison.Ordinal) || part.EndsWith(".scope", StringComparison.Ordinal) || part.EndsWith(".socket", StringComparison.Ordinal);

    internal static (string? Path, bool Deleted) ParseExecutable(string? link) =>
        link is null ? (null, false)
        : link.EndsWith(DeletedMark, StringComparison.Ordinal) ? (link[..^DeletedMark.Length], true)
        : (link, false);
}

/// <summary>The processes of a machine. A process that ends while it is being read is no error: it is null.</summary>
sealed class ProcessTable(Machine machine)
{
    string? system, top;

    /// <summary>The process ids, ascending.</summary>
    public IReadOnlyList<int> Ids() => machine.ListNumbers("/proc") ?? [];

    /// <summary>Describes one process, or null where it has ended.</summary>
    public ProcessInfo? Describe(int pid)
    {
        if (machine.ReadText($"/proc/{pid}/status") is not { } status || machine.ReadText($"/proc/{pid}/cgroup") is not { } cgroup) return null;
        var (executable, deleted) = ProcessInfo.ParseExecutable(Executable(pid));
        var (whole, above) = (ParseControlGroup(cgroup), Top());
        var group = Below(above, whole);
        // What does not lie below this machine's own cgroup is named by the machine around it.
        var isContained = (above.Length == 0 || group != whole) && ProcessInfo.LiesInContainer(group);
        return new ProcessInfo(pid, Field(status, "Name:"), executable, deleted, Uid(status), group, isContained);
    }

    /// <summary>The process that started this one; null where it has ended or none did.</summary>
    public int? Parent(int pid) =>
        machine.ReadText($"/proc/{pid}/status") is { } status && int.TryParse(Field(status, "PPid:"), NumberStyles.None, CultureInfo.InvariantCulture, out var parent) && parent > 0 ? parent : null;

    /// <summary>
    /// The kernel's name for the process: cheap, to choose which processes to describe. Null where it has ended.
    /// </summary>
    public string? Name(int pid) => machine.ReadText($"/proc/{pid}/comm")?.TrimEnd('\n');

    /// <summary>When the process was started, to a hundredth of a second; a process that executes itself anew keeps it.</summary>
    /// <exception cref="FormatException">The kernel's tables do not tell.</exception>
    public DateTimeOffset? Started(int pid) => StartOf($"/proc/{pid}/stat");

    /// <summary>When one thread of the process was started.</summary>
    public DateTimeOffset? Started(int pid, int thread) => StartOf($"/proc/{pid}/task/{thread}/stat");

    DateTimeOffset? StartOf(string file)
    {
        // Read once: the system's file has a line for each interrupt.
        if (machine.ReadText(file) is not { } stat || (system ??= machine.ReadText("/proc/stat")) is not { } table) return null;
        // The name in parentheses may itself hold spaces and parentheses: count fields from the last one (proc(5): starttime is field 22).
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ');
        const int ticksPerSecond = 100, startTime = 22 - 2;
        if (fields.Length <= startTime || !uint.TryParse(Field(table, "btime "), NumberStyles.None, CultureInfo.InvariantCulture, out var boot) ||
            !ulong.TryParse(fields[startTime], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) || ticks > (ulong)uint.MaxValue * ticksPerSecond)
            throw new FormatException($"{file}: does not tell when the process was started");
        return DateTimeOffset.FromUnixTimeSeconds(boot).AddSeconds((double)ticks / ticksPerSecond);
    }

    string? Executable(int pid)
    {
        try
        {
            return machine.ReadLink($"/proc/{pid}/exe");
        }
        catch (IOException)
        {
            // Without CAP_SYS_PTRACE the links of other users' processes cannot be read: said as "not known", not dropped.
            return null;
        }
    }

    static uint Uid(string status)
    {
        // Uid: real, effective, saved, file system.
        var fields = Field(status, "Uid:").Split('\t', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 1 && uint.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var uid) ? uid : throw new FormatException("/proc/PID/status: names no user");
    }

    /// <summary>The cgroup below which this machine's systemd keeps its own; empty where it has the whole tree.</summary>
    string Top()
    {
        if (top is not null) return top;
        const string ofInit = "/init.scope";
        var group = ParseControlGroup(machine.ReadText("/proc/1/cgroup") ?? "");
        return top = (group.EndsWith(ofInit, StringComparison.Ordinal) ? group[..^ofInit.Length] : group).TrimEnd('/');
    }

    static string Below(string top, string group) =>
        !group.StartsWith(top, StringComparison.Ordinal) ? group : group.Length == top.Length ? "/" : group[top.Length] == '/' ? group[top.Length..] : group;

    /// <summary>
    /// Hierarchies that systemd does not manage hold every process in their root: in a container, of v1 and v2 one may be
    /// such.
    /// </summary>
    static string ParseControlGroup(string cgroup)
    {
        var path = "/";
        foreach (var line in cgroup.Split('\n'))
        {
            if (line.Split(':', 3) is not [_, var controllers, var group]) continue;
            if (controllers == "name=systemd" && group != "/") return group;
            if (controllers.Length == 0) path = group;
        }
        return path;
    }

    static string Field(string text, string name)
    {
        var start = text.StartsWith(name, StringComparison.Ordinal) ? 0 : text.IndexOf("\n" + name, StringComparison.Ordinal) + 1;
        if (start == 0 && !text.StartsWith(name, StringComparison.Ordinal)) return "";
        var end = text.IndexOf('\n', start);
        return text[(start + name.Length)..(end < 0 ? text.Length : end)].Trim();
    }
}
