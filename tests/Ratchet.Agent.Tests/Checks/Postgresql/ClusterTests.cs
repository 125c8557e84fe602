using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Postgresql;

/// <summary>Which clusters there are, and how their servers are asked.</summary>
public sealed class ClusterTests
{
    [Fact]
    public async Task A_good_cluster_passes_what_its_answer_can_prove()
    {
        using var host = new PostgresHost();
        var findings = await host.CheckAsync();
        Assert.Equal(PostgresRules.All.Count, findings.Count);
        Assert.All(findings, finding => Assert.NotEqual(Outcome.Fail, finding.Outcome));
        Assert.Single(host.Commands);
        Assert.StartsWith("/usr/lib/postgresql/16/bin/psql -X -q -w -t --csv -d 'dbname=postgres user='ratchet-agent' host='/var/run/postgresql' port=5432 ", host.Commands[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_PostgreSQL_nothing_applies()
    {
        using var host = new Ports.HostTree();
        Assert.All(await new PostgresCheck(new PostgresqlSettings()).RunAsync(host.Machine, default), finding => Assert.Equal(Outcome.NotApplicable, finding.Outcome));
    }

    [Theory]
    [InlineData("error: connection failed: FATAL:  role \"ratchet-agent\" does not exist")]
    [InlineData("error: connection failed: FATAL:  Peer authentication failed for user \"ratchet-agent\"")]
    [InlineData("ERROR:  schema \"ratchet_agent\" does not exist")]
    public async Task A_server_that_refuses_is_unknown_and_the_remedy_is_said(string refusal)
    {
        using var host = new PostgresHost().Refuse("WARNING: noise\npsql: " + refusal + "\nmore\n");
        foreach (var rule in new[] { PostgresRules.SessionsEncrypted, PostgresRules.HbaStrong, PostgresRules.HbaEncrypted, PostgresRules.PasswordsScram, PostgresRules.ConnectionsLogged, PostgresRules.ConfigApplied, PostgresRules.ReplicationEncrypted })
        {
            var finding = await host.JudgeAsync(rule);
            Assert.Equal(Outcome.Unknown, finding.Outcome);
            Assert.Contains("packaging/postgresql/ratchet-agent.sql", finding.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("noise", finding.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_server_that_refuses_is_left_alone_until_something_changes()
    {
        using var host = new PostgresHost().Refuse("psql: error: FATAL:  no\n");
        var check = new PostgresCheck(new PostgresqlSettings());
        for (var i = 0; i < 3; i++) await check.RunAsync(host.Machine, default);
        Assert.Single(host.Commands);
        host.Tree.File(PostgresHost.Hba, PostgresHost.GoodHba + "# changed\n");
        await check.RunAsync(host.Machine, default);
        host.Clock.Now += TimeSpan.FromMinutes(16);
        await check.RunAsync(host.Machine, default);
        Assert.Equal(3, host.Commands.Count);
    }

    [Fact]
    [Shows("postgresql.files-protected", Outcome.Unknown)]
    [Shows("postgresql.replication-encrypted", Outcome.Unknown)]
    [Shows("postgresql.supported", Outcome.Unknown)]
    public async Task A_server_in_a_container_is_unknown_and_not_asked()
    {
        using var host = new PostgresHost();
        host.Tree.File($"{PostgresHost.Data}/postmaster.pid", $"1\n{PostgresHost.Data}\n1700000000\n5432\n/var/run/postgresql\n\n\n");
        var findings = await host.CheckAsync();
        Assert.Contains(findings, finding => finding.Subject.EndsWith("(elsewhere)", StringComparison.Ordinal));
        Assert.All(findings, finding => Assert.Equal(Outcome.Unknown, finding.Outcome));
        Assert.Empty(host.Commands);
    }

    [Fact]
    public async Task Sessions_and_initdb_are_no_clusters()
    {
        using var host = new PostgresHost();
        host.Tree.File("/proc/701/comm", "postgres\n").File("/proc/701/stat", "701 (postgres) S 700 700 700 0\n").Process(701, "/usr/lib/postgresql/16/bin/postgres", "/", 0);
        host.Tree.File("/proc/702/comm", "postgres\n").File("/proc/702/stat", "702 (postgres) S 600 700 700 0\n").File("/proc/702/cmdline", "/usr/lib/postgresql/16/bin/postgres\0--boot\0").Process(702, "/usr/lib/postgresql/16/bin/postgres", "/", 0);
        host.Tree.File("/proc/703/comm", "postgres\n").File("/proc/703/stat", "703 (postgres) S 600 700 700 0\n").File("/proc/703/cmdline", "sleep\0").Process(703, "/usr/bin/sleep", "/", 0);
        Assert.Equal(["16/main"], (await host.CheckAsync()).Select(finding => finding.Subject).Distinct());
    }

    [Fact]
    public async Task The_digest_changes_when_the_server_ends()
    {
        using var host = new PostgresHost();
        var check = new PostgresCheck(new PostgresqlSettings());
        await check.RunAsync(host.Machine, default);
        var before = await check.DigestAsync(host.Machine, default);
        Assert.Equal(before, await check.DigestAsync(host.Machine, default));
        host.Stop();
        Assert.NotEqual(before, await check.DigestAsync(host.Machine, default));
    }

    [Fact]
    public void The_question_selects_nothing_that_can_hold_a_password()
    {
        Assert.DoesNotContain('\n', ServerQuery.Text);
        foreach (var word in new[] { "rolpassword", "pg_authid", "pg_shadow", "subconninfo", "options", "restore_command", "query" }) Assert.DoesNotContain(word, ServerQuery.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("'primary_conninfo',", ServerQuery.Text, StringComparison.Ordinal);
    }
}
