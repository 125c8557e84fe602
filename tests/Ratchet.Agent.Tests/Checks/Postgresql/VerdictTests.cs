using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Postgresql;

/// <summary>What a server answered, and what is said of it. The answers of versions 13 to 18 have the same form.</summary>
public sealed class VerdictTests
{
    static async Task ExpectAsync(Outcome outcome, Rule rule, Action<PostgresHost> spoil, string? message = null, PostgresqlSettings? settings = null)
    {
        using var host = new PostgresHost();
        spoil(host);
        var finding = await host.JudgeAsync(rule, settings);
        Assert.True(outcome == finding.Outcome, $"{finding.Outcome}: {finding.Message}");
        if (message is not null) Assert.Contains(message, finding.Message, StringComparison.Ordinal);
        Assert.Equal("16/main", finding.Subject);
    }

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
    public Task Plain_sessions_of_other_hosts_fail() => ExpectAsync(Outcome.Fail, PostgresRules.SessionsEncrypted, host => host.Row("session,app,10.1.1.1,true,false,3,client backend"), "app from 10.1.1.1 (3 sessions) is unencrypted");

    [Fact]
    public Task Encrypted_sessions_pass() => ExpectAsync(Outcome.Pass, PostgresRules.SessionsEncrypted, host => host.Row("session,app,10.1.1.1,true,true,3,client backend"));

    [Fact]
    public Task Sessions_of_the_host_itself_do_not_travel() => ExpectAsync(Outcome.Pass, PostgresRules.SessionsEncrypted, host =>
    {
        host.Tree.File("/proc/net/fib_trie", "Local:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 10.0.0.5\n        /32 host LOCAL\n").File("/proc/net/if_inet6", "fd000000000000000000000000000005 02 40 00 80 eth0\n");
        host.Row("session,app,127.0.0.1,true,false,3,client backend", "session,app,10.0.0.5,true,false,1,client backend", "session,app,fd00::5,true,false,1,client backend");
    });

    [Fact]
    [Shows("postgresql.sessions-encrypted", Outcome.Unknown)]
    public Task A_role_that_sees_only_its_own_session_proves_nothing() => ExpectAsync(Outcome.Unknown, PostgresRules.SessionsEncrypted, host => host.Server(showsSessions: false));

    [Fact]
    public Task A_session_of_which_nothing_is_said_is_unknown() => ExpectAsync(Outcome.Unknown, PostgresRules.SessionsEncrypted, host => host.Row("session,app,10.1.1.1,false,false,1,client backend"));

    [Fact]
    public Task No_session_of_a_stopped_server_is_judged() => ExpectAsync(Outcome.NotApplicable, PostgresRules.SessionsEncrypted, host => host.Stop());

    [Fact]
    public Task A_plain_replication_stream_fails() => ExpectAsync(Outcome.Fail, PostgresRules.ReplicationEncrypted, host => host.Row("session,standby,10.1.1.2,true,false,1,walsender"));

    [Fact]
    public Task An_encrypted_replication_stream_passes() => ExpectAsync(Outcome.Pass, PostgresRules.ReplicationEncrypted, host => host.Row("session,standby,10.1.1.2,true,true,1,walsender"));

    [Theory]
    [InlineData("prefer", Outcome.Fail)]
    [InlineData("", Outcome.Fail)]
    [InlineData("require", Outcome.Pass)]
    [InlineData("verify-full", Outcome.Pass)]
    public Task A_standby_must_demand_TLS(string mode, object outcome) => ExpectAsync((Outcome)outcome, PostgresRules.ReplicationEncrypted, host => host.Server(standby: true).Row($"upstream,{mode},false"));

    [Fact]
    public Task What_the_stream_runs_with_counts_before_what_is_written() => ExpectAsync(Outcome.Fail, PostgresRules.ReplicationEncrypted, host => host.Server(standby: true).Row("upstream,verify-full,false", "receiver,prefer,10.0.0.9"));

    [Fact]
    public Task A_subscription_that_prefers_TLS_fails() => ExpectAsync(Outcome.Fail, PostgresRules.ReplicationEncrypted, host => host.Row("subscription,orders,,false"), "orders");

    [Fact]
    public Task Nobody_to_replicate_to_is_not_applicable() => ExpectAsync(Outcome.NotApplicable, PostgresRules.ReplicationEncrypted, host => host.Row("subscription,here,,true"));

    [Fact]
    public Task Leftover_primary_conninfo_of_a_primary_counts_for_nothing() => ExpectAsync(Outcome.NotApplicable, PostgresRules.ReplicationEncrypted, host => host.Row("upstream,prefer,false"));

    [Fact]
    public Task Stored_MD5_hashes_fail_though_new_ones_are_SCRAM() => ExpectAsync(Outcome.Fail, PostgresRules.PasswordsScram, host => host.Row("password,old,md5", "password,new,scram"), "old (md5)");

    [Fact]
    public Task SCRAM_and_roles_without_password_pass() => ExpectAsync(Outcome.Pass, PostgresRules.PasswordsScram, host => host.Row("password,a,none", "password,b,scram"));

    [Fact]
    public Task A_role_with_its_own_password_encryption_fails() => ExpectAsync(Outcome.Fail, PostgresRules.PasswordsScram, host => host.Row("override,,app,password_encryption,md5"), "role app");

    [Fact]
    public Task How_a_stopped_server_stores_passwords_is_unknown() => ExpectAsync(Outcome.Unknown, PostgresRules.PasswordsScram, host => host.Stop());

    [Fact]
    public Task Version_13_makes_MD5_by_default() => ExpectAsync(Outcome.Fail, PostgresRules.PasswordsScram, host => host.Stop().Tree.File($"{PostgresHost.Data}/PG_VERSION", "13\n"));

    [Theory]
    [InlineData("on", Outcome.Pass)]
    [InlineData("off", Outcome.Fail)]
    [InlineData("", Outcome.Fail)]
    [InlineData("all", Outcome.Pass)]
    [InlineData("receipt, authentication, authorization", Outcome.Pass)]
    [InlineData("receipt", Outcome.Fail)]
    public Task Log_connections_is_a_boolean_and_from_version_18_a_list(string value, object outcome) => ExpectAsync((Outcome)outcome, PostgresRules.ConnectionsLogged, host => host.Set("log_connections", value));

    [Fact]
    public Task Disconnections_count_too() => ExpectAsync(Outcome.Fail, PostgresRules.ConnectionsLogged, host => host.Set("log_disconnections", "off"));

    [Fact]
    public Task A_database_that_is_left_out_of_the_log_fails() => ExpectAsync(Outcome.Fail, PostgresRules.ConnectionsLogged, host => host.Row("override,shop,,log_disconnections,off"), "database shop");

    [Fact]
    public Task A_setting_that_the_server_does_not_show_is_unknown() => ExpectAsync(Outcome.Unknown, PostgresRules.ConnectionsLogged, host => host.Without("log_connections"));

    [Theory]
    [InlineData("pending,listen_addresses", "listen_addresses waits for a restart")]
    [InlineData("refused,log_disconnection,/etc/postgresql/16/main/conf.d/x.conf,3", "refuses log_disconnection (/etc/postgresql/16/main/conf.d/x.conf:3)")]
    [InlineData("hba,,7,,,true", "line 7 of pg_hba.conf is wrong")]
    public Task What_the_server_does_not_take_fails(string row, string message) => ExpectAsync(Outcome.Fail, PostgresRules.ConfigApplied, host => host.Row(row), message);

    [Fact]
    public Task A_file_that_was_changed_since_the_load_fails_and_its_rules_are_unknown() => Task.WhenAll(
        ExpectAsync(Outcome.Fail, PostgresRules.ConfigApplied, host => host.Server(loaded: TimeSpan.FromHours(-1)), "changed after"),
        ExpectAsync(Outcome.Unknown, PostgresRules.HbaEncrypted, host => host.Server(loaded: TimeSpan.FromHours(-1)), "changed after"));

    [Fact]
    public Task A_binary_that_was_replaced_wants_a_restart() => ExpectAsync(Outcome.Fail, PostgresRules.ConfigApplied, host => host.Tree.Link($"/proc/{host.Pid}/exe", "/usr/lib/postgresql/16/bin/postgres (deleted)"), "binary");

    [Fact]
    public Task Rejected_HBA_lines_leave_the_old_ones_in_force_which_nobody_sees() => ExpectAsync(Outcome.Unknown, PostgresRules.HbaStrong, host => host.Row("hba,,7,,,true"), "goes on with the lines");

    [Fact]
    public Task A_server_that_reads_other_lines_is_believed_more_than_the_file() => ExpectAsync(Outcome.Unknown, PostgresRules.HbaEncrypted, host => host.Row("hba,,9,host,trust,false"), "other lines");

    [Fact]
    public Task A_line_that_cannot_match_while_TLS_is_off_is_no_refused_file() => ExpectAsync(Outcome.Pass, PostgresRules.HbaEncrypted, host =>
    {
        host.Tree.File(PostgresHost.Hba, PostgresHost.GoodHba + "hostssl x x 10.0.0.0/8 cert\n");
        host.Row("hba,,4,hostssl,cert,true");
    });

    [Fact]
    public Task A_host_line_for_others_fails() => ExpectAsync(Outcome.Fail, PostgresRules.HbaEncrypted, host => host.WriteHba("host all all 10.0.0.0/8 scram-sha-256\n"), "pg_hba.conf:1 lets everybody into every database in unencrypted from 10.0.0.0/8");

    [Fact]
    public Task Lines_for_others_do_not_count_where_nobody_can_come() => ExpectAsync(Outcome.NotApplicable, PostgresRules.HbaEncrypted, host => host.WriteHba("host all all 10.0.0.0/8 scram-sha-256\n").ListenOn("0100007F:1538"));

    [Theory]
    [InlineData("local all all trust", Outcome.Fail)]
    [InlineData("host all all 127.0.0.1/32 trust", Outcome.Fail)]
    [InlineData("hostssl all all 10.0.0.0/8 trust clientcert=verify-full", Outcome.Pass)]
    [InlineData("hostssl all all 10.0.0.0/8 password", Outcome.Fail)]
    [InlineData("hostssl all all 10.0.0.0/8 ident", Outcome.Fail)]
    [InlineData("host all all 10.0.0.0/8 ldap ldapserver=x", Outcome.Fail)]
    [InlineData("hostssl all all 10.0.0.0/8 ldap ldapserver=x", Outcome.Pass)]
    [InlineData("hostssl all all 10.0.0.0/8 reject\nhostssl all all 10.0.0.0/9 trust", Outcome.Pass)]
    [InlineData("hostssl all all 10.0.0.0/8 magic", Outcome.Unknown)]
    [InlineData("hostssl all all 10.0.0.0/8 md5", Outcome.Pass)]
    [InlineData("local all all ident", Outcome.Pass)]
    public Task Methods_are_judged_where_they_are_reached(string line, object outcome) => ExpectAsync((Outcome)outcome, PostgresRules.HbaStrong, host => host.WriteHba(line + "\n"));

    [Fact]
    public Task Md5_is_as_good_as_what_is_stored() => ExpectAsync(Outcome.Unknown, PostgresRules.HbaStrong, host => host.WriteHba("hostssl all all 10.0.0.0/8 md5\n").Row("password,old,md5"));

    [Fact]
    public Task A_superuser_from_afar_fails() => ExpectAsync(Outcome.Fail, PostgresRules.SuperusersLocal, host => host.WriteHba("hostssl all all 10.0.0.0/8 scram-sha-256\n").Row("superuser,root,true", "password,root,scram"), "the superuser root");

    [Fact]
    public Task A_superuser_of_a_named_group_fails() => ExpectAsync(Outcome.Fail, PostgresRules.SuperusersLocal, host => host.WriteHba("hostssl all +dba 10.0.0.0/8 cert\n").Row("superuser,root,true", "member,root,dba"));

    [Fact]
    public Task A_superuser_without_password_is_let_in_by_no_password() => ExpectAsync(Outcome.Pass, PostgresRules.SuperusersLocal, host => host.WriteHba("hostssl all all 10.0.0.0/8 scram-sha-256\n").Row("superuser,postgres,true", "password,postgres,none"));

    [Fact]
    public Task A_superuser_that_cannot_log_in_is_none_to_fear() => ExpectAsync(Outcome.Pass, PostgresRules.SuperusersLocal, host => host.WriteHba("hostssl all all 10.0.0.0/8 cert\n").Row("superuser,owner,false"));

    [Fact]
    public Task Who_is_a_superuser_of_a_stopped_server_is_unknown() => ExpectAsync(Outcome.Unknown, PostgresRules.SuperusersLocal, host => host.Stop());

    [Theory]
    [InlineData("0500000A:1538", Outcome.Pass)]
    [InlineData("00000000:1538", Outcome.Fail)]
    [InlineData("08080808:1538", Outcome.Fail)]
    public Task Sockets_are_judged_by_their_reach(string socket, object outcome) => ExpectAsync((Outcome)outcome, PostgresRules.ReachLimited, host => host.ListenOn(socket));

    [Fact]
    public Task A_site_may_allow_more_or_less() => Task.WhenAll(
        ExpectAsync(Outcome.Pass, PostgresRules.ReachLimited, host => host.ListenOn("00000000:1538"), settings: new PostgresqlSettings { Reach = Reach.Any }),
        ExpectAsync(Outcome.Fail, PostgresRules.ReachLimited, _ => { }, settings: new PostgresqlSettings { Reach = Reach.Loopback }));

    [Fact]
    public Task A_stopped_server_is_judged_by_its_files() => Task.WhenAll(
        ExpectAsync(Outcome.Fail, PostgresRules.ReachLimited, host => host.Stop().Tree.File(PostgresHost.Config, $"data_directory = '{PostgresHost.Data}'\nlisten_addresses = '*'\n"), "will listen"),
        ExpectAsync(Outcome.Fail, PostgresRules.TlsOn, host => host.Stop().Tree.File(PostgresHost.Config, $"data_directory = '{PostgresHost.Data}'\nlisten_addresses = '*'\n"), "leave TLS off"),
        ExpectAsync(Outcome.Pass, PostgresRules.TlsOn, host => host.Stop(), "stopped"),
        ExpectAsync(Outcome.Fail, PostgresRules.HbaEncrypted, host => host.Stop().Tree.File(PostgresHost.Hba, "host all all 0.0.0.0/0 md5\n"), "next start"),
        ExpectAsync(Outcome.Unknown, PostgresRules.ReachLimited, host => host.Stop().Tree.File(PostgresHost.Config, $"data_directory = '{PostgresHost.Data}'\nlisten_addresses = 'db01'\n"), "db01"));

    [Theory]
    [InlineData("12", null, Outcome.Fail)]
    [InlineData("16", null, Outcome.Pass)]
    [InlineData("19", null, Outcome.Unknown)]
    [InlineData("14", "14.19 (Ubuntu 14.19-0ubuntu0.22.04.1)", Outcome.Pass)]
    [InlineData("14", "14.19 (Ubuntu 14.19-1.pgdg22.04+1)", Outcome.Fail)]
    [InlineData("13", "13.22 (Debian 13.22-0+deb11u1)", Outcome.Fail)]
    [InlineData("14", "14.19", Outcome.Fail)]
    public Task Versions_live_as_long_as_somebody_mends_them(string major, string? version, object outcome) => ExpectAsync((Outcome)outcome, PostgresRules.Supported, host =>
    {
        host.Tree.File($"{PostgresHost.Data}/PG_VERSION", major + "\n");
        host.Clock.Now = new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);
        if (version is not null) host.Set("server_version", version);
    });

    [Theory]
    [InlineData("repo1-cipher-type=aes-256-cbc\nrepo1-cipher-pass=secret\n", Outcome.Pass)]
    [InlineData("repo1-path=/backup\n", Outcome.Fail)]
    [InlineData("repo1-host=backup\n", Outcome.Unknown)]
    [InlineData("repo1-cipher-type=aes-256-cbc\nrepo2-type=s3\n", Outcome.Fail)]
    public Task Repositories_of_pgBackRest_must_have_a_cipher(string global, object outcome) => ExpectAsync((Outcome)outcome, PostgresRules.BackupsEncrypted, host =>
        host.Set("archive_mode", "on").Row("archive,true,pgbackrest").Tree.File("/etc/pgbackrest/pgbackrest.conf", $"[global]\n{global}\n[main]\npg1-path={PostgresHost.Data}\n"));

    [Fact]
    [Shows("postgresql.backups-encrypted", Outcome.Fail)]
    public Task What_another_program_does_with_the_archive_is_unknown_until_attested()
    {
        BackupSettings attested = new() { Cluster = "16/*", Encrypted = true, AttestedBy = "ops", At = DateOnly.FromDateTime(DateTime.UtcNow) };
        return Task.WhenAll(
            ExpectAsync(Outcome.Unknown, PostgresRules.BackupsEncrypted, host => host.Set("archive_mode", "on").Row("archive,true,cp"), "written by cp"),
            ExpectAsync(Outcome.Unknown, PostgresRules.BackupsEncrypted, _ => { }),
            ExpectAsync(Outcome.Pass, PostgresRules.BackupsEncrypted, _ => { }, settings: new PostgresqlSettings { Backups = [attested] }),
            ExpectAsync(Outcome.Fail, PostgresRules.BackupsEncrypted, _ => { }, settings: new PostgresqlSettings { Backups = [attested with { Encrypted = false }] }),
            ExpectAsync(Outcome.Unknown, PostgresRules.BackupsEncrypted, _ => { }, settings: new PostgresqlSettings { Backups = [attested with { At = new DateOnly(2020, 1, 1) }] }));
    }

    [Fact]
    public Task Files_that_others_can_write_or_read_fail() => Task.WhenAll(
        ExpectAsync(Outcome.Fail, PostgresRules.FilesProtected, host => host.Own(PostgresHost.Data, 0b111_101_101), "open to others"),
        ExpectAsync(Outcome.Fail, PostgresRules.FilesProtected, host => host.Own(PostgresHost.Hba, 0b110_110_000), "written by others"),
        ExpectAsync(Outcome.Fail, PostgresRules.FilesProtected, host => host.Own("/etc/ssl/pg.key", 0b110_100_100), "others can read"),
        ExpectAsync(Outcome.Fail, PostgresRules.FilesProtected, host => { host.Own("/etc/ssl/pg.key", 0b110_000_000); host.Set("logging_collector", "on").Set("log_file_mode", "0644"); }, "log_file_mode"),
        ExpectAsync(Outcome.Pass, PostgresRules.FilesProtected, host => { host.Own("/etc/ssl/pg.key", 0b110_100_000); host.Own(PostgresHost.Data, 0b111_101_000); }));

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
