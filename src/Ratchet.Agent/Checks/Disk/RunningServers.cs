using Ratchet.Agent.Checks.Jvm;
using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// The directories that running servers were started with: <c>-D DIRECTORY</c> of a postmaster, <c>-Dcatalina.base=</c> and
/// <c>-Djava.io.tmpdir=</c> of a Tomcat. Nothing else of their arguments is kept.
/// </summary>
/// <param name="quiet">Processes come and go: they are not watched.</param>
sealed class RunningServers(Machine quiet)
{
    const int ProcessLimit = 64;

    static readonly string[] Java = ["java", "jsvc"], Postgres = ["postgres", "postmaster"];

    /// <summary>Base and directory for temporary files of each, each pair once.</summary>
    public IReadOnlyList<(string Base, string? Temp)> Tomcats() => [.. CommandLinesOf(Java).Select(JavaOptions.OfCommandLine)
        .Select(options => (Base: Absolute(options.Property("catalina.base")), Temp: Absolute(options.Property("java.io.tmpdir")))).Where(one => one.Base is not null).Select(one => (one.Base!, one.Temp)).Distinct()];

    /// <summary>What the postmasters were given: the data directory, or where their configuration lies.</summary>
    public IReadOnlyList<string> PostgresDirectories() => [.. CommandLinesOf(Postgres).Select(line => Absolute(ServerArguments.Parse(line).Directory)).OfType<string>().Distinct()];

    /// <summary>Servers that rewrite their title, as those that postgres forks do, have no second argument.</summary>
    IEnumerable<string> CommandLinesOf(string[] names)
    {
        var processes = new ProcessTable(quiet);
        return processes.Ids().Where(pid => processes.Name(pid) is { } name && names.Contains(name)).Select(pid => quiet.ReadText($"/proc/{pid}/cmdline") ?? "")
            .Where(line => line.Count(letter => letter == '\0') > 1).Take(ProcessLimit);
    }

    static string? Absolute(string? path) => path is ['/', _, ..] ? path.TrimEnd('/') is { Length: > 0 } trimmed ? trimmed : null : null;
}
