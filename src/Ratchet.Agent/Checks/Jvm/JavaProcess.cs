using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Jvm;

/// <summary>A running JVM.</summary>
/// <param name="User">Name of its account, or its number.</param>
/// <param name="CommandLine">What everybody on the host can read.</param>
/// <param name="Environment">The options in its environment; null where that may not be read.</param>
/// <param name="Threads">The kernel's names of its threads, 15 characters at most: cheap, and anybody may ask.</param>
/// <param name="Started">When the JVM began: its first thread beside the launcher's. A script that becomes java keeps its own start.</param>
sealed record JavaProcess(
    ProcessInfo Info, ProcessCredentials Credentials, string User, JavaOptions CommandLine, IReadOnlyList<JavaOptions>? Environment,
    IReadOnlySet<string> Threads, DateTimeOffset? Started)
{
    const string Bootstrap = "org.apache.catalina.startup.Bootstrap";
    const int ThreadLimit = 4096;

    public int Pid => Info.Pid;

    /// <summary>
    /// It has another root directory (a container), or that cannot be seen: a path that it names is then not a path of this host.
    /// </summary>
    public bool IsElsewhere { get; private init; }

    /// <summary>In whose place files are read that it names.</summary>
    public Reader Reader => new(User, Info.Uid, Credentials.Groups);

    /// <summary>Runs Tomcat's own start class: its configuration lies in files.</summary>
    public bool IsCatalina => CommandLine.MainClass is { } main && main.StartsWith("org.apache.catalina.startup.", StringComparison.Ordinal) && CatalinaBase is not null;

    /// <summary>Without a base of its own a Tomcat works in its home.</summary>
    public string? CatalinaBase => Property("catalina.base") ?? Property("catalina.home");

    /// <summary>What it is called from one start to the next: its unit, else its Tomcat base, jar, class or program, and its user.</summary>
    public string Label => Info.Unit is { } unit && UnitName.IsStable(unit) ? unit : $"{Application} ({User})";

    /// <summary>What tells it from another JVM of the same unit.</summary>
    public string Application => CatalinaBase ?? CommandLine.Jar ?? (CommandLine.MainClass is { } main && main != Bootstrap ? main : null) ?? Info.Executable ?? Info.Name;

    /// <summary>All options that are known, those that win first (_JAVA_OPTIONS, command line, JDK_JAVA_OPTIONS, JAVA_TOOL_OPTIONS).</summary>
    public IEnumerable<JavaOptions> Options =>
        Of("_JAVA_OPTIONS").Append(CommandLine).Concat(Of("JDK_JAVA_OPTIONS")).Concat(Of("JAVA_TOOL_OPTIONS"));

    /// <summary>Every option is known: the environment was read, and none stands in a file.</summary>
    public bool ShowsAllOptions => Environment is not null && !Options.Any(options => options.HasFiles);

    public string? Property(string name) => Options.Select(options => options.Property(name)).FirstOrDefault(value => value is not null);

    public string? Flag(string name) => Options.Select(options => options.Flag(name)).FirstOrDefault(value => value is not null);

    public bool HasThread(string start) => Threads.Any(name => name.StartsWith(start, StringComparison.Ordinal));

    IEnumerable<JavaOptions> Of(string variable) => (Environment ?? []).Where(options => options.Source == variable);

    /// <summary>Null where the process has ended.</summary>
    public static JavaProcess? Read(Machine machine, ProcessTable processes, UserNames users, int pid)
    {
        if (machine.ReadText($"/proc/{pid}/cmdline") is not { Length: > 0 } cmdline || processes.Describe(pid) is not { } info
            || ProcessCredentials.Read(machine, pid) is not { } credentials) return null;
        var tasks = machine.ListNumbers($"/proc/{pid}/task") ?? [];
        var threads = tasks.Take(ThreadLimit).Select(task => machine.ReadText($"/proc/{pid}/task/{task}/comm")?.TrimEnd('\n')).OfType<string>().ToHashSet();
        var first = tasks.FirstOrDefault(task => task != pid);
        return new JavaProcess(info, credentials, users.Of(info.Uid), JavaOptions.OfCommandLine(cmdline), ReadEnvironment(machine, pid), threads,
            (first == 0 ? null : processes.Started(pid, first)) ?? processes.Started(pid))
        {
            // A recorded host has no link to follow. A private /tmp alone leaves the root as it is.
            IsElsewhere = machine.IsLive && machine.Stamp($"/proc/{pid}/root") != machine.Stamp("/"),
        };
    }

    /// <summary>It takes both CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH; either alone shows nothing.</summary>
    static List<JavaOptions>? ReadEnvironment(Machine machine, int pid)
    {
        try
        {
            return machine.ReadText($"/proc/{pid}/environ") is not { } environment ? null
                : [.. environment.Split('\0').Select(line => line.Split('=', 2)).Where(pair => pair is ["JAVA_TOOL_OPTIONS" or "_JAVA_OPTIONS" or "JDK_JAVA_OPTIONS", _])
                    .Select(pair => JavaOptions.OfVariable(pair[0], pair[1]))];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
