using System.Text.RegularExpressions;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// Where the PostgreSQL clusters of the host keep data: the data directory of each, the tablespaces that links in
/// <c>pg_tblspc</c> lead to, and the write-ahead log where <c>pg_wal</c> is a link.
/// </summary>
/// <param name="machine">For configuration, which is watched.</param>
/// <param name="quiet">For data directories, which change all the time and are not.</param>
sealed partial class PostgresDirectories(Machine machine, Machine quiet)
{
    public IReadOnlyList<DataDirectory> Find()
    {
        var clusters = Configured().Concat(OnDisk()).DistinctBy(cluster => cluster.Path).ToArray();
        return clusters.Length > 0
            ? [.. clusters.SelectMany(cluster => cluster.Obstacle is null ? Parts(cluster).Prepend(cluster) : [cluster])]
            : [new DataDirectory("role postgres", "PostgreSQL", "no cluster was found in /etc/postgresql, /var/lib/postgresql and /var/lib/pgsql: name its directory in disk.data")];
    }

    IEnumerable<DataDirectory> Configured()
    {
        foreach (var file in machine.Glob("/etc/postgresql/*/*/postgresql.conf"))
        {
            var name = string.Join('/', file.Split('/')[3..5]);
            yield return DirectoryIn(file) is { } directory ? new DataDirectory(directory, $"PostgreSQL {name}") : new DataDirectory($"/var/lib/postgresql/{name}", $"PostgreSQL {name}");
        }
    }

    // The last assignment counts.
    string? DirectoryIn(string file) =>
        Assignment.Matches(machine.ReadText(file) ?? "").LastOrDefault()?.Groups["path"].Value is ['/', ..] path ? path.TrimEnd('/') : null;

    /// <summary>Clusters that no configuration in /etc names. Only the directories above them are listed, which everybody may.</summary>
    public IEnumerable<DataDirectory> OnDisk()
    {
        foreach (var version in Versions("/var/lib/postgresql"))
            foreach (var name in quiet.List($"/var/lib/postgresql/{version}") ?? [])
                if (quiet.Status($"/var/lib/postgresql/{version}/{name}") is { Kind: FileKind.Directory })
                    yield return new DataDirectory($"/var/lib/postgresql/{version}/{name}", $"PostgreSQL {version}/{name}");
        foreach (var version in Versions("/var/lib/pgsql")) yield return new DataDirectory($"/var/lib/pgsql/{version}/data", $"PostgreSQL {version}");
    }

    IEnumerable<string> Versions(string directory) => (quiet.List(directory) ?? []).Where(name => char.IsAsciiDigit(name[0]));

    IEnumerable<DataDirectory> Parts(DataDirectory cluster)
    {
        var parts = new List<DataDirectory>();
        var looked = cluster.Path;
        try
        {
            foreach (var log in new[] { "pg_wal", "pg_xlog" })
                if (quiet.ReadLink(looked = $"{cluster.Path}/{log}") is not null) parts.Add(new DataDirectory(looked, $"write-ahead log of {cluster.What}"));
            looked = $"{cluster.Path}/pg_tblspc";
            foreach (var space in quiet.List(looked) ?? []) parts.Add(new DataDirectory($"{looked}/{space}", $"tablespace {space} of {cluster.What}"));
        }
        catch (IOException e)
        {
            parts.Add(new DataDirectory(looked, cluster.What, $"cannot be looked into: {e.Message} (it takes CAP_DAC_READ_SEARCH)"));
        }
        return parts;
    }

    [GeneratedRegex(@"^[ \t]*data_directory[ \t]*=?[ \t]*'(?<path>[^'\n]*)'", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    static partial Regex Assignment { get; }
}
