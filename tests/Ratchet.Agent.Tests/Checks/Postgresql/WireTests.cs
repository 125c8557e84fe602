using System.Diagnostics;
using System.Text.Json.Nodes;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Tests.Checks.Ports;

namespace Ratchet.Agent.Tests.Checks.Postgresql;

/// <summary>A real server with TLS on a network of its own, with a client on another host: two namespaces and a cable.</summary>
public sealed class WireTests
{
    const string Lines = "local all all peer\nhostssl all all 10.77.0.2/32 trust\nhost all app 10.77.0.0/24 trust\n";

    [PostgresFact]
    public async Task Sessions_certificates_and_listeners_are_judged_on_the_wire()
    {
        using var host = new Namespace();
        using var other = new Namespace();
        Connect(host.Name, other.Name);
        using var cluster = new PostgresCluster("ssl = off\nlisten_addresses = '10.77.0.1'", Lines, "ip", "netns", "exec", host.Name);
        cluster.Prepare();
        cluster.Sql("create role app login");

        var plain = await CheckAsync(host.Name, cluster);
        Assert.StartsWith("failed: ", plain[PostgresRules.TlsOn.Id]);
        Assert.StartsWith("failed: ", plain[PostgresRules.HbaEncrypted.Id]);
        // From another namespace its network is not this host's.
        Assert.Equal(Outcome.Unknown, (await cluster.JudgeAsync(PostgresRules.TlsOn)).Outcome);

        using (var session = Client(other.Name, cluster, "disable")) Assert.StartsWith("failed: ", await AfterAsync(host.Name, cluster, PostgresRules.SessionsEncrypted, session));

        PostgresCluster.Run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "90", "-subj", "/CN=db01", "-keyout", cluster.Data + "/server.key", "-out", cluster.Data + "/server.crt");
        PostgresCluster.Run("chown", "postgres:", cluster.Data + "/server.key", cluster.Data + "/server.crt");
        File.SetUnixFileMode(cluster.Data + "/server.key", (UnixFileMode)0b110_000_000);
        File.AppendAllText(cluster.Config, "ssl = on\n");
        File.WriteAllText(cluster.Hba, "local all all peer\nhostnossl all all all reject\nhost all app 10.77.0.0/24 trust\n");
        cluster.Reload();
        using (var session = Client(other.Name, cluster, "require"))
        {
            Assert.StartsWith("passed: ", await AfterAsync(host.Name, cluster, PostgresRules.SessionsEncrypted, session));
            var encrypted = await CheckAsync(host.Name, cluster);
            foreach (var rule in new[] { PostgresRules.TlsOn, PostgresRules.TlsVersion, PostgresRules.CertificateValid, PostgresRules.HbaEncrypted, PostgresRules.ConfigApplied }) Assert.StartsWith("passed: ", encrypted[rule.Id]);
        }

        // A certificate that does not fit its key: the reload fails in silence, and the load time moves.
        PostgresCluster.Run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "90", "-subj", "/CN=db02", "-keyout", "/dev/null", "-out", cluster.Data + "/server.crt");
        cluster.Reload();
        var stale = await CheckAsync(host.Name, cluster);
        Assert.StartsWith("failed: ", stale[PostgresRules.ConfigApplied.Id]);
        Assert.StartsWith("unknown: ", stale[PostgresRules.TlsVersion.Id]);
    }

    /// <summary>A cable: 10.77.0.1 is the host, 10.77.0.2 the other.</summary>
    internal static void Connect(string host, string other)
    {
        PostgresCluster.Run("ip", "link", "add", "v0", "netns", host, "type", "veth", "peer", "name", "v1", "netns", other);
        foreach (var (name, link, address) in new[] { (host, "v0", "10.77.0.1/24"), (other, "v1", "10.77.0.2/24") })
        {
            PostgresCluster.Run("ip", "netns", "exec", name, "ip", "address", "add", address, "dev", link);
            PostgresCluster.Run("ip", "netns", "exec", name, "ip", "link", "set", link, "up");
        }
    }

    static Process Client(string space, PostgresCluster cluster, string mode) => Process.Start(new ProcessStartInfo("ip",
        ["netns", "exec", space, PostgresCluster.Programs + "/psql", "-X", "-d", $"host=10.77.0.1 port={cluster.Port} user=app dbname=postgres sslmode={mode}", "-c", "select pg_sleep(120)"])
    { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;

    /// <summary>What a rule says once the session is there.</summary>
    static async Task<string> AfterAsync(string space, PostgresCluster cluster, Rule rule, Process session)
    {
        try
        {
            for (var i = 0; i < 200 && cluster.Sql("select count(*) from pg_stat_activity where usename = 'app' and state = 'active'") != "1"; i++) await Task.Delay(50);
            return (await CheckAsync(space, cluster))[rule.Id];
        }
        finally
        {
            cluster.Sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'");
            session.Kill(entireProcessTree: true);
        }
    }

    /// <summary>The verb itself, on the server's network.</summary>
    internal static async Task<Dictionary<string, string>> CheckAsync(string space, PostgresCluster cluster)
    {
        var config = cluster.Folder + "/agent.json";
        await File.WriteAllTextAsync(config, $$"""{"postgresql": {"role": "{{PostgresCluster.Role}}"} }""");
        var binary = Environment.GetEnvironmentVariable("AGENT_UNDER_TEST");
        string[] agent = binary is null ? ["dotnet", Path.Combine(AppContext.BaseDirectory, "ratchet-agent.dll")] : [binary];
        using var process = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", space, .. agent, "check", "--only", "postgresql", "--config", config, "--format", "ndjson"]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)
            .Where(record => (string)record["resource"]!["name"]! == cluster.Data)
            .ToDictionary(record => (string)record["rule"]!["id"]!, record => $"{record["result"]!["evaluation"]}: {record["message"]}");
    }
}
