using System.Diagnostics;
using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Tests.Checks.Ports;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Postgresql;

/// <summary>A test with a real PgBouncer before a real PostgreSQL; skipped with the reason where one is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class PgBouncerFactAttribute : FactAttribute
{
    public const string Program = "/usr/sbin/pgbouncer";

    public PgBouncerFactAttribute() => Skip = new PostgresFactAttribute().Skip ?? NeedsPartFactAttribute.Reason([Program]);
}

/// <summary>A real PgBouncer before a server that listens to its own host alone, with a client on another host.</summary>
public sealed class RealPgBouncerTests
{
    const int Port = 6432;

    [PgBouncerFact]
    public async Task Clients_of_another_host_are_seen_through_PgBouncer_and_judged_by_what_it_demands()
    {
        using var host = new Namespace();
        using var other = new Namespace();
        WireTests.Connect(host.Name, other.Name);
        using var cluster = new PostgresCluster("", "local all all peer\n", "ip", "netns", "exec", host.Name);
        cluster.Prepare();
        var before = await WireTests.CheckAsync(host.Name, cluster);
        Assert.Equal("passed: no session from another host at this moment", before[PostgresRules.SessionsEncrypted.Id]);
        Assert.StartsWith("not_applicable: ", before[PostgresRules.SuperusersLocal.Id]);

        var plain = await BehindAsync(host, other, cluster, "disable", "disable");
        Assert.StartsWith($"failed: 1 connection from another host goes through pgbouncer on 0.0.0.0:{Port}", plain[PostgresRules.SessionsEncrypted.Id]);
        Assert.StartsWith("unknown: ", plain[PostgresRules.SuperusersLocal.Id]);
        Assert.Contains("before it stands pgbouncer", plain[PostgresRules.ReachLimited.Id], StringComparison.Ordinal);
        Assert.StartsWith("unknown: ", (await BehindAsync(host, other, cluster, "allow", "require"))[PostgresRules.SessionsEncrypted.Id]);
        Assert.StartsWith("passed: ", (await BehindAsync(host, other, cluster, "require", "require"))[PostgresRules.SessionsEncrypted.Id]);
    }

    /// <summary>What is said of the server while a client is in, through a PgBouncer with this mode.</summary>
    static async Task<Dictionary<string, string>> BehindAsync(Namespace host, Namespace other, PostgresCluster cluster, string mode, string client)
    {
        var ini = cluster.Folder + "/run/pgbouncer.ini";
        PostgresCluster.Run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "90", "-subj", "/CN=db01", "-keyout", cluster.Folder + "/run/key", "-out", cluster.Folder + "/run/crt");
        File.WriteAllText(ini, $"""
            [databases]
            * = host={cluster.Socket} port={cluster.Port} user=postgres
            [pgbouncer]
            listen_addr = 0.0.0.0
            listen_port = {Port}
            unix_socket_dir =
            auth_type = any
            client_tls_sslmode = {mode}
            client_tls_key_file = {cluster.Folder}/run/key
            client_tls_cert_file = {cluster.Folder}/run/crt
            """);
        PostgresCluster.Run("chown", "-R", "postgres:", cluster.Folder + "/run");
        // A file must be older than the process that counts by it, and start times are known to two seconds.
        foreach (var file in new[] { ini, cluster.Folder + "/run/crt" }) PostgresCluster.Run("touch", "-d", "1 hour ago", file);
        await Task.Delay(TimeSpan.FromSeconds(4));
        using var pooler = new Daemon(Parts.NewStart("/bin/sh", "-c", "exec \"$@\"", "sh", "ip", "netns", "exec", host.Name, "setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", Parts.Find(PgBouncerFactAttribute.Program)!, ini));
        await Wait.UntilAsync(() => pooler.Said.Contains("process up", StringComparison.Ordinal) || !pooler.IsRunning, "PgBouncer is up");
        using var session = new Daemon(new ProcessStartInfo("ip",
            ["netns", "exec", other.Name, PostgresCluster.Programs + "/psql", "-X", "-d", $"host=10.77.0.1 port={Port} user=app dbname=postgres sslmode={client}", "-c", "select pg_sleep(120)"])
        { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true });
        await Wait.UntilAsync(() => cluster.Sql("select count(*) from pg_stat_activity where query like '%pg_sleep(120)' and state = 'active'") == "1" || !session.IsRunning, "the session is there");
        Assert.True(pooler.IsRunning && session.IsRunning, pooler.Said + session.Said);
        var verdicts = await WireTests.CheckAsync(host.Name, cluster);
        cluster.Sql("select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(120)'");
        return verdicts;
    }
}
