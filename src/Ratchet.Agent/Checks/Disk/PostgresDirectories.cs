using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// Where the PostgreSQL clusters of the host keep data: the data directory of each, the tablespaces that links in
/// <c>pg_tblspc</c> lead to, the write-ahead log where <c>pg_wal</c> is a link, databases and whatever else is linked, and the logs
/// that the server itself writes elsewhere.
/// </summary>
/// <param name="machine">For configuration, which is watched.</param>
/// <param name="quiet">For data directories, which change all the time and are not.</param>
sealed class PostgresDirectories(Machine machine, Machine quiet)
{
    public IReadOnlyList<DataDirectory> Find()
    {
        var clusters = Configured().Concat(Running()).Concat(OnDisk()).DistinctBy(cluster => cluster.Path).ToArray();
        return clusters.Length > 0
            ? [.. clusters.SelectMany(cluster => cluster.Obstacle is null ? Parts(cluster).Prepend(cluster) : [cluster]).DistinctBy(directory => directory.Path)]
            : [new DataDirectory("role postgres", "PostgreSQL", "no cluster was found in /etc/postgresql, /var/lib/postgresql, /var/lib/pgsql and among the processes: name its directory in disk.data")];
    }

    IEnumerable<DataDirectory> Configured()
    {
        foreach (var file in machine.Glob("/etc/postgresql/*/*/postgresql.conf"))
        {
            var name = string.Join('/', file.Split('/')[3..5]);
            yield return Configured(file, $"PostgreSQL {name}", "/var/lib/postgresql/" + name);
            if (Logs(file, $"PostgreSQL {name}") is { } logs) yield return logs;
        }
    }

    /// <summary>Null also where the configuration cannot be read: the finding on the data directory says so.</summary>
    DataDirectory? Logs(string file, string what)
    {
        try
        {
            var config = PostgresConfig.Configured(machine, file);
            return PostgresConfig.Boolean(config.Value("logging_collector")) == true && config.Value("log_directory") is ['/', _, ..] path ? new DataDirectory(path.TrimEnd('/'), $"logs of {what}") : null;
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Where the configuration cannot be followed to its end, whatever else it says may be overruled there.</summary>
    DataDirectory Configured(string file, string what, string usual)
    {
        try
        {
            return PostgresConfig.Configured(machine, file).Value("data_directory") switch
            {
                null or "" => new DataDirectory(usual, what),
                ['/', ..] path => new DataDirectory(path.TrimEnd('/') is [_, ..] directory ? directory : "/", what),
                var path => new DataDirectory(usual, what, $"{file}: data_directory is {path}, which depends on where the server was started: write it as an absolute path"),
            };
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return new DataDirectory(usual, what, $"its data directory cannot be told: {e.Message}");
        }
    }

    IEnumerable<DataDirectory> Running()
    {
        foreach (var directory in new RunningServers(quiet).PostgresDirectories())
        {
            var what = $"PostgreSQL that runs with -D {directory}";
            yield return quiet.Status(directory) is not { Kind: FileKind.Directory } ? new DataDirectory(directory, what, $"a postgres runs with -D {directory}, which is not a directory here: it may be one of a container")
                : HoldsConfigurationOnly(directory) ? Configured(directory + "/postgresql.conf", what, directory)
                : new DataDirectory(directory, what);
        }
    }

    /// <summary>-D may name the directory of a configuration, which names the cluster's.</summary>
    bool HoldsConfigurationOnly(string directory)
    {
        try
        {
            return quiet.Status(directory + "/postgresql.conf") is not null && quiet.Status(directory + "/PG_VERSION") is null;
        }
        catch (IOException)
        {
            // Only data directories are closed to others.
            return false;
        }
    }

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
            parts.AddRange(DataDirectory.LinkedIn(quiet, cluster.Path, cluster.What).Concat(DataDirectory.LinkedIn(quiet, $"{cluster.Path}/base", cluster.What)));
        }
        catch (IOException e)
        {
            parts.Add(new DataDirectory(looked, cluster.What, $"cannot be looked into: {e.Message}"));
        }
        return parts;
    }
}
