using System.Globalization;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>
/// Asks a running server through the psql beside its own binary, over its Unix socket, in the name of the role that
/// packaging/postgresql/ratchet-agent.sql makes. A server that refuses is not asked again for a while: each refusal is a line in its
/// log. One that says nothing in time has refused nothing, and is asked in the next sweep.
/// </summary>
sealed class ServerClient(string role)
{
    /// <summary>Unless the server or its files changed meanwhile.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromMinutes(15);

    const string Setpriv = "/usr/bin/setpriv";

    readonly Dictionary<string, (string Stamp, DateTimeOffset At, string Reason)> refusals = [];

    /// <summary>The clusters of the host, looked for once a sweep.</summary>
    public Task<IReadOnlyList<Cluster>> ClustersAsync(Machine machine) => machine.ShareAsync(this, traced => Task.FromResult(new ClusterSearch(traced).Find()));

    /// <summary>The server's answer of this sweep: it is asked once, whoever needs it.</summary>
    /// <exception cref="IOException">There is no answer; the message says why, and what to do.</exception>
    public Task<ServerAnswer> AskAsync(Machine machine, Cluster cluster, CancellationToken cancel) =>
        machine.ShareAsync((this, cluster.Data), traced => AskServerAsync(traced, cluster, cancel));

    async Task<ServerAnswer> AskServerAsync(Machine machine, Cluster cluster, CancellationToken cancel)
    {
        var stamp = $"{cluster.Server!.Pid} {machine.Stamp(cluster.Config)} {machine.Stamp($"{Path.GetDirectoryName(cluster.Config)}/pg_hba.conf")} {machine.Stamp($"{Path.GetDirectoryName(cluster.Config)}/pg_ident.conf")}";
        lock (refusals)
            if (refusals.TryGetValue(cluster.Data, out var last) && last.Stamp == stamp && machine.Now - last.At is var age && age >= TimeSpan.Zero && age < Pause)
                throw new IOException(last.Reason);
        var (program, arguments) = CommandFor(machine, cluster);
        var result = await machine.Unwatched().RunAsync(program, arguments, cancel);
        if (result.ExitCode == 0) return ServerAnswer.Parse(result.Output);
        var reason = Explain(result.Error, cluster.Subject);
        if (!reason.Contains("timeout expired", StringComparison.Ordinal))
            lock (refusals) refusals[cluster.Data] = (stamp, machine.Now, reason);
        throw new IOException(reason);
    }

    (string Program, IReadOnlyList<string> Arguments) CommandFor(Machine machine, Cluster cluster)
    {
        var psql = Psql(machine, cluster.Server!);
        string[] arguments = ["-X", "-q", "-w", "-t", "--csv", "-d", ConnectionText(machine, cluster), "-c", ServerQuery.Text];
        if (Libc.EffectiveUser != 0 || !machine.IsLive) return (psql, arguments);
        // The server asks the kernel who comes (peer): root is nobody's role, and psql needs none of root's rights.
        var account = new UserNames(machine).Find(role)
            ?? throw new IOException($"there is no account {role} on this host to ask the server as (the package makes it), and root is not sent in its place");
        return (Setpriv, [string.Create(CultureInfo.InvariantCulture, $"--reuid={account.Uid}"), string.Create(CultureInfo.InvariantCulture, $"--regid={account.Gid}"), "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--", psql, .. arguments]);
    }

    static string Psql(Machine machine, Postmaster server)
    {
        if (server.Program is not { } program) throw new IOException("the server's binary may not be seen, so its psql is not found (that takes CAP_SYS_PTRACE)");
        var path = $"{Path.GetDirectoryName(program)}/psql";
        if (!machine.IsLive) return path;
        var psql = machine.Resolve(path) ?? throw new IOException($"there is no psql beside the server's binary: install the client of its version ({path})");
        if (OthersMayWrite.Find(machine, psql) is { } writable) throw new IOException($"{writable} can be written by others than root, so {psql} is not run");
        return psql;
    }

    /// <summary>
    /// Everything that the environment or a file of the account could change is said here: no password file, no TLS on a
    /// socket, no name but the role's own, and only the account that the cluster runs as may answer.
    /// </summary>
    string ConnectionText(Machine machine, Cluster cluster)
    {
        if (cluster.Server!.Lock is not { } server) throw new IOException("postmaster.pid may not be read, so the server's socket is not known (that takes CAP_DAC_READ_SEARCH)");
        if (server.SocketDirectory.Length == 0) throw new IOException("the server has no Unix socket (unix_socket_directories is empty), and it is asked through no other");
        var peer = new UserNames(machine).Of(cluster.Server.Uid);
        return $"dbname=postgres user={Quote(role)} host={Quote(server.SocketDirectory)} port={server.Port.ToString(CultureInfo.InvariantCulture)} requirepeer={Quote(peer)} connect_timeout=5 " +
            "passfile=/nonexistent sslmode=disable gssencmode=disable application_name=ratchet-agent " +
            "options='-c statement_timeout=5s -c lock_timeout=1s -c default_transaction_read_only=on -c search_path=pg_catalog -c DateStyle=ISO'";
    }

    static string Quote(string value) => $"'{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";

    /// <summary>The line in which psql gives up, and what to do where that is known.</summary>
    static string Explain(string error, string subject)
    {
        var line = Printable.Clean(error.Split('\n').FirstOrDefault(IsRefusal, "psql failed").Replace("psql: error: ", "", StringComparison.Ordinal), 300);
        var remedy = line.Contains("ratchet_agent", StringComparison.Ordinal) || line.Contains("does not exist", StringComparison.Ordinal) || line.Contains("permission denied for", StringComparison.Ordinal)
            ? "; run packaging/postgresql/ratchet-agent.sql as a superuser in its database postgres"
            : line.Contains("authentication failed", StringComparison.Ordinal) || line.Contains("pg_hba.conf", StringComparison.Ordinal)
            ? "; run packaging/postgresql/ratchet-agent.sql in its database postgres, and let the role in by a line 'local postgres ratchet-agent peer' in pg_hba.conf"
            : "";
        return $"the server of {subject} did not answer: {line}{remedy}";
    }

    static bool IsRefusal(string line) => line.Contains("error:", StringComparison.Ordinal) || line.Contains("FATAL:", StringComparison.Ordinal) || line.Contains("ERROR:", StringComparison.Ordinal);
}
