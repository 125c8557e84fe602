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
    public IReadOnlyList<(string Base, string? Temp)> Tomcats() => [.. ArgumentsOf(Java)
        .Select(arguments => (Base: Value(arguments, "-Dcatalina.base="), Temp: Value(arguments, "-Djava.io.tmpdir="))).Where(one => one.Base is not null).Select(one => (one.Base!, one.Temp)).Distinct()];

    /// <summary>What the postmasters were given: the data directory, or where their configuration lies.</summary>
    public IReadOnlyList<string> PostgresDirectories() => [.. ArgumentsOf(Postgres).Select(DirectoryOf).OfType<string>().Distinct()];

    /// <summary>Servers that rewrite their title, as those that postgres forks do, have no second argument.</summary>
    IEnumerable<string[]> ArgumentsOf(string[] names)
    {
        var processes = new ProcessTable(quiet);
        return processes.Ids().Where(pid => processes.Name(pid) is { } name && names.Contains(name)).Select(pid => quiet.ReadText($"/proc/{pid}/cmdline")?.Split('\0') ?? [])
            .Where(arguments => arguments.Length > 2).Take(ProcessLimit);
    }

    static string? DirectoryOf(string[] arguments)
    {
        var at = Array.FindLastIndex(arguments, argument => argument.StartsWith("-D", StringComparison.Ordinal));
        return at < 0 ? null : Absolute(arguments[at].Length > 2 ? arguments[at][2..] : arguments.ElementAtOrDefault(at + 1));
    }

    // Of a property that is given twice the JVM takes the last.
    static string? Value(string[] arguments, string name) => Absolute(arguments.LastOrDefault(argument => argument.StartsWith(name, StringComparison.Ordinal))?[name.Length..]);

    static string? Absolute(string? path) => path is ['/', _, ..] ? path.TrimEnd('/') is { Length: > 0 } trimmed ? trimmed : null : null;
}
