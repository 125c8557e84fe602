using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Checks.Postgresql;

/// <summary>A cluster of any user names files: what its account cannot read is in no finding, whatever its server says.</summary>
public sealed class ClusterAccountTests
{
    const string Secret = "root:$y$j9T$tops3cret:20000:0:99999:7:::";

    /// <summary>A file of root's alone, or one that everybody might read in a directory of root's alone.</summary>
    static string Hide(PostgresCluster cluster, bool inDirectory)
    {
        var directory = $"{cluster.Folder}/vault";
        Directory.CreateDirectory(directory);
        File.SetUnixFileMode(directory, (UnixFileMode)(inDirectory ? 0b111_000_000 : 0b111_101_101));
        File.WriteAllText(directory + "/secret", Secret + "\n");
        File.SetUnixFileMode(directory + "/secret", (UnixFileMode)(inDirectory ? 0b110_100_100 : 0b110_000_000));
        return directory + "/secret";
    }

    /// <summary>A server whose owner has it say nothing of what it reads.</summary>
    static PostgresCluster Silent()
    {
        var cluster = new PostgresCluster().Prepare();
        cluster.Sql("create or replace function ratchet_agent.hba_rules(out file text, out line integer, out type text, out method text, out wrong boolean) returns setof record language sql as $$ select null::text, 1, null::text, null::text, true where false $$");
        return cluster;
    }

    static async Task AssertHiddenAsync(PostgresCluster cluster, Rule rule, string path)
    {
        var findings = (await PostgresCluster.CheckAsync()).Where(finding => finding.Subject == cluster.Data).ToList();
        Assert.DoesNotContain(findings, finding => $"{finding.Message} {finding.Evidence.ToJson()}" is var text && (text.Contains("tops3cret", StringComparison.Ordinal) || text.Contains("root:", StringComparison.Ordinal)));
        var judged = findings.Single(finding => finding.Rule == rule);
        Assert.True(judged.Outcome == Outcome.Unknown && judged.Message.Contains(path, StringComparison.Ordinal) && judged.Message.Contains("may not read it", StringComparison.Ordinal), $"{judged.Outcome}: {judged.Message}");
    }

    [PostgresFact]
    public async Task A_link_to_what_root_alone_may_read_is_not_followed_for_the_cluster()
    {
        foreach (var inDirectory in new[] { false, true })
        {
            using var cluster = Silent();
            File.Delete(cluster.Hba);
            File.CreateSymbolicLink(cluster.Hba, Hide(cluster, inDirectory));
            await AssertHiddenAsync(cluster, PostgresRules.HbaStrong, cluster.Hba);
        }
    }

    [PostgresFact]
    public async Task A_list_of_names_that_root_alone_may_read_is_not_read()
    {
        using var cluster = Silent();
        var secret = Hide(cluster, inDirectory: false);
        File.WriteAllText(cluster.Hba, $"local all @{secret} trust\n");
        await AssertHiddenAsync(cluster, PostgresRules.HbaStrong, secret);
    }

    [PostgresFact]
    public async Task An_included_configuration_that_root_alone_may_read_is_not_read()
    {
        foreach (var directive in new[] { "include", "include_if_exists", "include_dir" })
        {
            using var cluster = Silent();
            var secret = Hide(cluster, inDirectory: true);
            File.AppendAllText(cluster.Config, directive == "include_dir" ? $"include_dir = '{Path.GetDirectoryName(secret)}'\n" : $"{directive} = '{secret}'\n");
            await AssertHiddenAsync(cluster, PostgresRules.FilesProtected, directive == "include_dir" ? Path.GetDirectoryName(secret)! : secret);
        }
    }

    [PostgresFact]
    public async Task A_certificate_that_root_alone_may_read_is_not_read()
    {
        using var cluster = new PostgresCluster().Prepare();
        var key = $"{cluster.Folder}/key";
        PostgresCluster.Run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "90", "-subj", "/CN=db", "-keyout", key, "-out", cluster.Folder + "/crt");
        File.SetUnixFileMode(cluster.Folder + "/crt", (UnixFileMode)0b110_000_000);
        var machine = new Machine("/", Command.RunAsync);
        var account = ClusterAccount.Of(machine, new ClusterSearch(machine).Find().Single(found => found.Data == cluster.Data));
        Assert.NotNull(ServedCertificate.Read(machine, cluster.Folder + "/crt"));
        Assert.Contains("may not read it", Assert.Throws<IOException>(() => ServedCertificate.Read(ClusterAccount.Reading(machine, account), cluster.Folder + "/crt")).Message, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task What_the_group_of_the_server_may_read_is_read()
    {
        using var cluster = new PostgresCluster().Prepare();
        PostgresCluster.Run("chown", "root:postgres", cluster.Hba, cluster.Config);
        foreach (var file in new[] { cluster.Hba, cluster.Config }) File.SetUnixFileMode(file, (UnixFileMode)0b110_100_000);
        cluster.Reload();
        await cluster.ExpectAsync(Outcome.Pass, PostgresRules.HbaStrong);
        await cluster.ExpectAsync(Outcome.Pass, PostgresRules.ConfigApplied);
    }

    [Theory]
    [InlineData("root:$y$tops3cret 1 2 3 4")]
    [InlineData("includetops3cret a b")]
    [InlineData("host all all 10.0.0.0/tops3cret md5")]
    [InlineData("host all all 10.0.0.0 tops3cret md5")]
    [InlineData("hostssl all all 10.0.0.0/8 tops3cret")]
    public async Task No_word_of_a_line_that_is_not_understood_is_told(string line)
    {
        using var host = new PostgresHost();
        host.Tree.File(PostgresHost.Hba, line + "\n");
        if (line.StartsWith("hostssl", StringComparison.Ordinal)) host.WriteHba(line + "\n");
        var findings = await host.CheckAsync();
        Assert.Contains(findings, finding => finding.Rule == PostgresRules.HbaStrong && finding.Outcome == Outcome.Unknown && finding.Message.StartsWith(PostgresHost.Hba + ":1", StringComparison.Ordinal));
        Assert.DoesNotContain(findings, finding => finding.Message.Contains("tops3cret", StringComparison.Ordinal) || $"{finding.Evidence.ToJson()}".Contains("tops3cret", StringComparison.Ordinal));
    }
}
