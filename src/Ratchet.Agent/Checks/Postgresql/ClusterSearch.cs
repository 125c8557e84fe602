using System.Globalization;
using Ratchet.Agent.Checks.Disk;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>
/// Finds every cluster: servers that run, from the process table (pg_lsclusters knows only /etc/postgresql), then those that
/// /etc/postgresql names, then data directories in the usual places.
/// </summary>
sealed class ClusterSearch(Machine machine)
{
    // Data directories and processes change all the time.
    readonly Machine quiet = machine.Unwatched();
    readonly ProcessTable processes = new(machine.Unwatched());

    public IReadOnlyList<Cluster> Find()
    {
        var configured = Configured().ToList();
        var clusters = Running(configured).ToList();
        foreach (var cluster in configured.Concat(OnDisk()))
            if (!clusters.Exists(known => known.Data == cluster.Data)) clusters.Add(cluster);
        return [.. clusters.Select(WithMajor)];
    }

    /// <summary>Whether other users' processes show at all; with hidepid= on /proc they do not, and none is found.</summary>
    public bool SeesProcesses() => quiet.ReadText("/proc/1/comm") is not null;

    IEnumerable<Cluster> Running(IReadOnlyList<Cluster> configured)
    {
        foreach (var pid in Postmasters())
            if (Describe(pid, configured) is { } cluster) yield return cluster;
    }

    /// <summary>Processes of the name whose parent has another: sessions are children.</summary>
    IEnumerable<int> Postmasters()
    {
        var servers = processes.Ids().Where(pid => processes.Name(pid) is "postgres" or "postmaster").ToHashSet();
        return servers.Where(pid => Parent(pid) is { } parent && !servers.Contains(parent)).Order();
    }

    int? Parent(int pid)
    {
        // The name in parentheses may itself hold parentheses: count from the last one. State, then parent.
        if (quiet.ReadText($"/proc/{pid}/stat") is not { } stat || stat.LastIndexOf(')') is not (> 0 and var end)) return null;
        return stat[(end + 1)..].Split(' ') is [_, _, var parent, ..] && int.TryParse(parent, CultureInfo.InvariantCulture, out var id) ? id : null;
    }

    /// <summary>Null for a process that has ended, or serves nobody (initdb, single-user mode).</summary>
    Cluster? Describe(int pid, IReadOnlyList<Cluster> configured)
    {
        if (processes.Describe(pid) is not { } process || quiet.ReadText($"/proc/{pid}/cmdline") is not { Length: > 0 } cmdline) return null;
        var arguments = ServerArguments.Parse(cmdline);
        if (arguments.ServesNobody || Path.GetFileName(process.Executable) is not (null or "postgres" or "postmaster")) return null;
        var program = process.Executable ?? arguments.Program;
        var server = new Postmaster(pid, program, process.Deleted, process.Uid, null);
        string? data;
        try
        {
            data = quiet.ReadLink($"/proc/{pid}/cwd");
        }
        catch (IOException)
        {
            // Without CAP_SYS_PTRACE: what it was told stands in its arguments, mostly.
            data = arguments.Directory;
        }
        if (data is null) return new Cluster(arguments.Directory ?? $"{program}", "", "", server, "its data directory cannot be seen (that takes CAP_SYS_PTRACE)");
        var known = configured.FirstOrDefault(cluster => cluster.Data == data);
        var config = arguments.ConfigFile ?? known?.Config ?? $"{data}/postgresql.conf";
        var cluster = new Cluster(known?.Subject ?? data, data, config.StartsWith('/') ? config : $"{data}/{config}", server);
        try
        {
            return Attach(cluster, server);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return cluster with { Problem = $"its postmaster.pid cannot be read: {e.Message}" };
        }
    }

    Cluster? Attach(Cluster cluster, Postmaster server)
    {
        if (Readable(cluster).ReadText($"{cluster.Data}/postmaster.pid", 4096) is not { } text)
            return processes.Name(server.Pid) is null ? null : Elsewhere(cluster, ", or it is just starting");
        var file = PostmasterFile.Parse(text);
        if (file.Pid == -server.Pid) return null;
        if (file.Pid != server.Pid || IsElsewhere(cluster.Data, server.Pid)) return Elsewhere(cluster, "");
        return cluster with { Server = server with { Lock = file } };
    }

    static Cluster Elsewhere(Cluster cluster, string more) => cluster with
    {
        Subject = $"{cluster.Data} (elsewhere)",
        Problem = "the server runs in a container or another mount namespace: its files are not those of this host" + more,
    };

    bool IsElsewhere(string data, int pid)
    {
        // A recorded host has no link to follow.
        if (!machine.IsLive) return false;
        try
        {
            return quiet.Status(data)?.Inode != quiet.Status($"/proc/{pid}/root{data}")?.Inode;
        }
        catch (IOException)
        {
            // Not allowed to look through its eyes; the pid in the file is its own.
            return false;
        }
    }

    /// <summary>Debian's clusters, each with a directory in /etc/postgresql.</summary>
    IEnumerable<Cluster> Configured()
    {
        foreach (var file in machine.Glob("/etc/postgresql/*/*/postgresql.conf"))
        {
            var name = string.Join('/', file.Split('/')[3..5]);
            var (data, problem) = ($"/var/lib/postgresql/{name}", (string?)null);
            try
            {
                data = PostgresConfig.Configured(machine, file).Value("data_directory") ?? data;
                data = quiet.Resolve(data) ?? data;
                problem = Mismatch(file, data);
            }
            catch (Exception e) when (e is IOException or FormatException)
            {
                problem = e.Message;
            }
            yield return new Cluster(name, data.TrimEnd('/'), file, null, problem);
        }
    }

    /// <summary>pg_ctlcluster starts no cluster whose configuration is another account's than its data, unless it is root's.</summary>
    string? Mismatch(string file, string data)
    {
        if (!machine.IsLive || machine.Status(Path.GetDirectoryName(file)!, follow: false) is not { Uid: not 0 } directory || quiet.Status(data) is not { } own) return null;
        return directory.Uid == own.Uid ? null : $"its configuration belongs to another account (uid {directory.Uid}) than its data (uid {own.Uid})";
    }

    /// <summary>Data directories that no configuration in /etc names.</summary>
    IEnumerable<Cluster> OnDisk()
    {
        foreach (var directory in new PostgresDirectories(machine, quiet).OnDisk().Select(directory => directory.Path))
        {
            var data = quiet.Resolve(directory) ?? directory;
            var cluster = new Cluster(data, data, $"{data}/postgresql.conf", null);
            bool isCluster;
            try
            {
                isCluster = quiet.Status($"{data}/PG_VERSION") is not null;
            }
            catch (IOException e)
            {
                (cluster, isCluster) = (cluster with { Problem = e.Message }, true);
            }
            if (isCluster) yield return cluster;
        }
    }

    /// <summary>The machine as the cluster's account may read it.</summary>
    Machine Readable(Cluster cluster) => ClusterAccount.Reading(quiet, ClusterAccount.Of(quiet, cluster));

    Cluster WithMajor(Cluster cluster)
    {
        try
        {
            return cluster.Data.Length > 0 && int.TryParse(Readable(cluster).ReadText($"{cluster.Data}/PG_VERSION", 64)?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var major)
                ? cluster with { Major = major }
                : cluster;
        }
        catch (IOException e)
        {
            return cluster with { Problem = cluster.Problem ?? e.Message };
        }
    }
}

/// <summary>What a server was told on its command line, as far as it says where things are. The rest is not kept.</summary>
/// <param name="Directory">Of <c>-D</c>: the data directory, or that of the configuration.</param>
sealed record ServerArguments(string? Program, string? Directory, string? ConfigFile, bool ServesNobody)
{
    public static ServerArguments Parse(string cmdline)
    {
        var words = cmdline.TrimEnd('\0').Split('\0');
        var (directory, config, nobody) = ((string?)null, (string?)null, false);
        for (var i = 1; i < words.Length; i++)
        {
            var word = words[i];
            nobody |= word is "--boot" or "--check" or "--single" or "-C" or "--version" or "-V" or "--describe-config" || word.StartsWith("--fork", StringComparison.Ordinal);
            if (word is "-D" && i + 1 < words.Length) directory = words[++i];
            else if (word.StartsWith("-D", StringComparison.Ordinal) && word.Length > 2) directory = word[2..];
            var setting = word is "-c" && i + 1 < words.Length ? words[++i]
                : word.StartsWith("--", StringComparison.Ordinal) ? word[2..]
                : word.StartsWith("-c", StringComparison.Ordinal) ? word[2..] : "";
            if (setting.Split('=', 2) is [var name, var value] && name.Replace('-', '_') == "config_file") config = value;
        }
        return new ServerArguments(words[0] is ['/', ..] ? words[0] : null, directory?.TrimEnd('/'), config, nobody);
    }
}
