using System.Globalization;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>An sshd that listens, or the one that the next start will be.</summary>
/// <param name="Subject">What findings are about: the configuration file, with the unit or port where two daemons share it.</param>
/// <param name="Pid">0 where none runs.</param>
/// <param name="Program">The path of the binary.</param>
/// <param name="Replaced">The binary was removed or replaced since the daemon was started.</param>
/// <param name="Problem">Why nothing can be said of it, or null.</param>
sealed record Daemon(string Subject, int Pid, string Program, bool Replaced, DaemonArguments Arguments, string ConfigFile, string? Unit, string? Problem)
{
    public const string DefaultProgram = "/usr/sbin/sshd";
    const string DefaultConfig = "/etc/ssh/sshd_config";

    // Debian and Ubuntu, Red Hat, and a socket unit with Accept=yes.
    static readonly string[] Units = ["ssh.service", "sshd.service", "ssh@.service"];

    const string ElsewhereProblem = "the daemon runs in a container or another mount namespace: its files are not those of this host";

    public bool Runs => Pid != 0;

    /// <summary>The binary that the running daemon executes, also where its path holds another by now.</summary>
    public string RunningProgram => Replaced ? $"/proc/{Pid}/exe" : Program;

    /// <summary>All that listen; where none of the host's does, the one that would be started; empty where sshd is not installed.</summary>
    public static IReadOnlyList<Daemon> Find(Machine machine)
    {
        var processes = new ProcessTable(machine);
        var daemons = processes.Ids().Where(pid => processes.Name(pid) == "sshd")
            .Select(pid => processes.Describe(pid)).OfType<ProcessInfo>()
            .Select(process => Describe(machine, process)).OfType<Daemon>().ToArray();
        // A connection's child has its parent's title until it executes itself anew.
        daemons = [.. daemons.Where(daemon => !daemons.Any(other => other.Pid == Parent(machine, daemon.Pid)))];
        // A container's daemon does not stand for the host's own, which may wait for a socket unit to start it.
        if (daemons.All(daemon => daemon.Problem == ElsewhereProblem) && machine.Status(DefaultProgram) is not null) daemons = [.. daemons, NextStart(machine)];
        return Distinguish(machine, daemons);
    }

    static int? Parent(Machine machine, int pid) => machine.ReadText($"/proc/{pid}/status")?.Split('\n')
        .Where(line => line.StartsWith("PPid:", StringComparison.Ordinal)).Select(line => (int?)int.Parse(line[5..], CultureInfo.InvariantCulture)).FirstOrDefault();

    /// <summary>Null for a process that serves a session, and for one that has ended.</summary>
    static Daemon? Describe(Machine machine, ProcessInfo process)
    {
        if (machine.ReadText($"/proc/{process.Pid}/cmdline") is not { Length: > 0 } cmdline) return null;
        if (process.Executable is { } path && Path.GetFileName(path) != "sshd") return null;
        var title = DaemonTitle.Parse(cmdline);
        // Who is not root serves nobody but himself: the ports check tells of his listener, and nothing of his is run here.
        if (title is { IsSession: true } || process.Uid != 0) return null;
        var daemon = new Daemon(DefaultConfig, process.Pid, process.Executable ?? DefaultProgram, process.Deleted, DaemonArguments.None, DefaultConfig, process.Unit, title.Problem);
        if (title.Problem is not null) return daemon;
        if (machine.IsLive && Distrust(machine, daemon) is { } distrust) return daemon with { Problem = distrust };
        var unit = Units.Prepend(process.Unit).OfType<string>().Distinct()
            .Select(name => SshdUnit.Read(machine, name)).OfType<SshdUnit>()
            .FirstOrDefault(unit => string.Join(' ', unit.Command) == title.Command);
        try
        {
            var arguments = unit is not null ? DaemonArguments.Parse([.. unit.Command.Skip(1)]) : DaemonArguments.ParseTitle(title.Arguments);
            var file = Absolute(machine, process.Pid, arguments.ConfigFile ?? DefaultConfig);
            var problem = Elsewhere(machine, process.Pid, file);
            return daemon with { Arguments = arguments, ConfigFile = file, Subject = problem == ElsewhereProblem ? file + " (elsewhere)" : file, Problem = problem };
        }
        catch (Exception e) when (e is FormatException or IOException)
        {
            return daemon with { Problem = $"what the running daemon was told is not certain: {e.Message}" };
        }
    }

    /// <summary>
    /// Why the daemon's program may not be run by the agent, or null: somebody else than root could have written it.
    /// </summary>
    static string? Distrust(Machine machine, Daemon daemon)
    {
        if (OthersMayWrite.Find(machine, daemon.Program) is { } writable)
            return $"{writable} can be written by others than root, so {daemon.Program} is not run to ask for its configuration";
        return machine.Status(daemon.RunningProgram) is not { } running ? $"{daemon.RunningProgram} is gone"
            : !OthersMayWrite.IsRootsAlone(running) ? $"{daemon.RunningProgram} can be written by others than root, so it is not run to ask for its configuration"
            : null;
    }

    /// <summary>A relative path counts from the daemon's working directory.</summary>
    static string Absolute(Machine machine, int pid, string file) =>
        file.StartsWith('/') ? file
        : machine.ReadLink($"/proc/{pid}/cwd") is { } directory ? Path.Combine(directory, file)
        : throw new FormatException($"-f {file} is relative to an unknown directory");

    /// <summary>Why the files that the daemon sees are not those of this host (it runs in a container), or null.</summary>
    static string? Elsewhere(Machine machine, int pid, string file)
    {
        // A recorded host has no link to follow.
        if (!machine.IsLive) return null;
        FileStatus? here, there;
        try
        {
            (here, there) = (machine.Status(file), machine.Status($"/proc/{pid}/root{file}"));
        }
        catch (IOException e)
        {
            return $"the files that the daemon sees cannot be looked at: {e.Message}";
        }
        return here is null && there is null || (here is not null && there is not null && here.Inode == there.Inode && here.Changed == there.Changed)
            ? null
            : ElsewhereProblem;
    }

    /// <summary>Gives each daemon a subject of its own that outlives a restart.</summary>
    static Daemon[] Distinguish(Machine machine, Daemon[] daemons)
    {
        var result = daemons.ToList();
        foreach (var twins in result.GroupBy(daemon => daemon.Subject).Where(group => group.Count() > 1).ToArray())
        {
            var byUnit = twins.Select(daemon => daemon.Unit).Distinct().Count() == twins.Count();
            foreach (var twin in twins)
            {
                var mark = byUnit ? twin.Unit ?? "no unit"
                    : string.Join(' ', DaemonAddress.Of(machine, twin.Pid).Select(listener => $"port {listener.Port}").Distinct());
                result[result.IndexOf(twin)] = twin with { Subject = $"{twin.Subject} ({mark})" };
            }
        }
        return [.. result];
    }

    static Daemon NextStart(Machine machine)
    {
        var unit = Units.Select(name => SshdUnit.Read(machine, name)).OfType<SshdUnit>().FirstOrDefault();
        var daemon = new Daemon(DefaultConfig, 0, DefaultProgram, false, DaemonArguments.None, DefaultConfig, unit?.Name, null);
        if (unit is null) return daemon;
        if (unit.Command.Count == 0) return daemon with { Problem = $"{unit.Name}: what its ExecStart says is not known, for it has a specifier that is not read here" };
        try
        {
            var arguments = DaemonArguments.Parse([.. unit.Command.Skip(1)]);
            var file = Path.Combine("/", arguments.ConfigFile ?? DefaultConfig);
            return daemon with { Program = unit.Command[0], Arguments = arguments, ConfigFile = file, Subject = file };
        }
        catch (FormatException e)
        {
            return daemon with { Problem = $"{unit.Name}: {e.Message}" };
        }
    }
}

/// <summary>
/// What an sshd writes over its arguments: <c>sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups</c> for the daemon,
/// <c>sshd: NAME [priv]</c> and the like for a session.
/// </summary>
sealed record DaemonTitle(string Command, string Arguments, bool IsSession, string? Problem)
{
    const string Beginning = "sshd: ";

    public static DaemonTitle Parse(string cmdline)
    {
        var text = cmdline.TrimEnd('\0', ' ');
        if (!text.StartsWith(Beginning, StringComparison.Ordinal)) return Unwritten(text.Split('\0'));
        var end = text.IndexOf(" [listener]", Beginning.Length, StringComparison.Ordinal);
        if (end < 0)
            return text.StartsWith(Beginning + "/", StringComparison.Ordinal)
                ? new("", "", false, "the title of the daemon is cut short: its arguments are not certain")
                : new("", "", true, null);
        var command = text[Beginning.Length..end];
        var space = command.IndexOf(' ', StringComparison.Ordinal);
        return new(command, space < 0 ? "" : command[(space + 1)..], false, null);
    }

    /// <summary>Still the exact arguments: a test of the configuration, a session's child, or a daemon about to listen.</summary>
    static DaemonTitle Unwritten(string[] words)
    {
        var ends = words.Skip(1).Any(word => word.StartsWith('-') && word.Any(letter => "tTRGiV".Contains(letter, StringComparison.Ordinal)) && !word.StartsWith("-o", StringComparison.Ordinal));
        return new("", "", ends, ends ? null : "the daemon is starting");
    }
}
