using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Checks.Postgresql;

/// <summary>A real server in good and bad states: what it says, what it hides, and what its reload does not do.</summary>
public sealed class LiveClusterTests
{
    [PostgresFact]
    public async Task A_prepared_server_is_asked_and_its_file_applies_twice()
    {
        using var cluster = new PostgresCluster("log_connections = on\nlog_disconnections = on");
        cluster.Prepare().Prepare();
        foreach (var rule in new[] { PostgresRules.ConfigApplied, PostgresRules.HbaStrong, PostgresRules.SessionsEncrypted, PostgresRules.PasswordsScram, PostgresRules.ConnectionsLogged, PostgresRules.FilesProtected, PostgresRules.ReachLimited, PostgresRules.Supported })
            await cluster.ExpectAsync(Outcome.Pass, rule);
        foreach (var rule in new[] { PostgresRules.TlsOn, PostgresRules.HbaEncrypted, PostgresRules.SuperusersLocal, PostgresRules.ReplicationEncrypted })
            await cluster.ExpectAsync(Outcome.NotApplicable, rule);
        Assert.DoesNotContain("ERROR", cluster.Log, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task Without_its_role_the_server_is_unknown_asked_once_and_the_remedy_said()
    {
        using var cluster = new PostgresCluster();
        var check = new PostgresCheck(new PostgresqlSettings { Role = PostgresCluster.Role });
        for (var i = 0; i < 3; i++)
        {
            var finding = (await PostgresCluster.CheckAsync(check)).Single(finding => finding.Rule == PostgresRules.SessionsEncrypted && finding.Subject == cluster.Data);
            Assert.Equal(Outcome.Unknown, finding.Outcome);
            Assert.Contains("ratchet-agent.sql", finding.Message, StringComparison.Ordinal);
        }
        Assert.Equal(2, cluster.Log.Split("FATAL:").Length);
        Assert.Contains("no account ratchet-nobody", (await cluster.JudgeAsync(PostgresRules.HbaStrong, "ratchet-nobody")).Message, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task The_role_sees_no_password_and_writes_nothing()
    {
        using var cluster = new PostgresCluster().Prepare();
        cluster.Sql("create role app login password 'topsecret'");
        var everything = PostgresCluster.Run("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", PostgresCluster.Programs + "/psql", "-X", "-q", "-t", "--csv", "-h", cluster.Socket, "-p", $"{cluster.Port}", "-d", "postgres", "-c", ServerQuery.Text);
        Assert.Contains("password,app,scram", everything, StringComparison.Ordinal);
        Assert.DoesNotContain("SCRAM-SHA-256$", everything, StringComparison.Ordinal);
        Assert.Equal("off off", cluster.Sql("select (select case when rolsuper then 'on' else 'off' end from pg_roles where rolname = 'nobody') || ' ' || (select case when has_table_privilege('nobody', 'pg_authid', 'select') then 'on' else 'off' end)"));
        Assert.Equal("0", cluster.Sql("select count(*) from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'ratchet_agent' and has_function_privilege('public', p.oid, 'execute')"));
    }

    [PostgresFact]
    public async Task Secrets_in_settings_lines_and_connections_are_not_answered()
    {
        using var cluster = new PostgresCluster("archive_mode = on\narchive_command = 'PGPASSWORD=topsecret /bin/true'\nprimary_conninfo = 'host=10.0.0.9 password=topsecret sslmode=prefer'\nwal_level = logical",
            "local all all peer\nhost all all 10.0.0.0/8 ldap ldapserver=x ldapbinddn=y ldapbindpasswd=topsecret ldapbasedn=z\n").Prepare();
        cluster.Sql("create subscription orders connection 'host=10.255.255.1 password=topsecret sslmode=prefer connect_timeout=2' publication p with (connect = false)");
        cluster.Sql("alter subscription orders enable");
        var everything = PostgresCluster.Run("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", PostgresCluster.Programs + "/psql", "-X", "-q", "-t", "--csv", "-h", cluster.Socket, "-p", $"{cluster.Port}", "-d", "postgres", "-c", ServerQuery.Text);
        foreach (var row in new[] { "archive,true,,", "upstream,prefer,false", "subscription,orders,prefer,false", "hba,,2,host,ldap" }) Assert.Contains(row, everything, StringComparison.Ordinal);
        Assert.DoesNotContain("topsecret", everything, StringComparison.Ordinal);
        await cluster.ExpectAsync(Outcome.Unknown, PostgresRules.BackupsEncrypted, "written by a command");
        await cluster.ExpectAsync(Outcome.Fail, PostgresRules.ReplicationEncrypted, "orders");
    }

    [PostgresFact]
    public void Connection_strings_are_read_as_libpq_reads_them()
    {
        using var cluster = new PostgresCluster().Prepare();
        foreach (var (text, expected) in new[]
        {
            ("host=/run/postgresql dbname=shop", "|true"), ("dbname=shop", "|true"), ("", "|true"), ("host=localhost sslmode=disable", "disable|true"), ("host=127.0.0.1,::1", "|true"),
            ("host=127.evil.example", "|false"), ("host=127.0.0.1,10.0.0.5", "|false"), ("host=localhost hostaddr=10.0.0.5", "|false"), ("host=db hostaddr=127.0.0.1", "|true"), ("host=db,localhost hostaddr=,127.0.0.1", "|false"),
            ("host=10.0.0.5 host=localhost", "|true"), ("host = 'local\\host' sslmode = 'verify-full'", "verify-full|true"), ("host=10.0.0.5 password='a sslmode=verify-full' sslmode=prefer", "prefer|false"),
            ("host=10.0.0.5 password=\\'a sslmode=verify-ca", "verify-ca|false"), ("sslmode=require sslmode=prefer host=10.0.0.5", "prefer|false"), ("service=shop", "|"), ("service=shop sslmode=require", "require|"), ("host=localhost nonsense", "|"),
            ("postgresql://rep@192.0.2.9/shop?sslmode=disable", "disable|false"), ("postgres://rep:p%40ss@db:5432/shop?sslmode=verify-full", "verify-full|false"), ("postgresql://localhost/shop", "|true"), ("postgresql:///shop", "|true"),
            ("postgresql:///shop?host=10.0.0.5", "|false"), ("postgresql://localhost,10.0.0.5:5433/shop", "|false"), ("postgresql://[::1]:5432/shop", "|true"), ("postgresql://%2Frun%2Fpostgresql/shop", "|true"), ("postgresql://%31/shop", "|"),
            ("postgresql://db/shop?ssl=true", "require|false"), ("postgresql://u:p?sslmode=verify-full@db/shop", "|false"), ("postgresql://db/shop?service=x", "|"), ("postgresql://a@b@c/shop", "|"),
        })
        {
            var said = cluster.Sql($"select coalesce(sslmode, ''), coalesce(local::text, '') from ratchet_agent.connection('{text.Replace("'", "''", StringComparison.Ordinal)}')");
            Assert.True(said == expected, $"{text}: {said} in place of {expected}");
        }
    }

    [PostgresFact]
    public async Task A_subscription_by_a_URI_is_one_to_another_host()
    {
        using var cluster = new PostgresCluster("wal_level = logical").Prepare();
        cluster.Sql("create subscription orders connection 'postgresql://rep:tops3cret@192.0.2.9/shop?sslmode=disable&connect_timeout=2' publication p with (connect = false)");
        cluster.Sql("alter subscription orders enable");
        await cluster.ExpectAsync(Outcome.Fail, PostgresRules.ReplicationEncrypted, "orders has sslmode=disable");
        cluster.Sql("alter subscription orders connection 'service=shop password=tops3cret'");
        await cluster.ExpectAsync(Outcome.Unknown, PostgresRules.ReplicationEncrypted, "orders");
        cluster.Sql("alter subscription orders connection 'postgresql://rep:tops3cret@192.0.2.9/shop?sslmode=verify-full&connect_timeout=2'");
        await cluster.ExpectAsync(Outcome.Pass, PostgresRules.ReplicationEncrypted);
    }

    [PostgresFact]
    public async Task The_functions_of_an_earlier_agent_leave_replication_unknown_and_nothing_else()
    {
        using var cluster = new PostgresCluster("wal_level = logical").Prepare();
        cluster.Sql("drop function ratchet_agent.subscriptions(); create function ratchet_agent.subscriptions(out name text, out sslmode text, out local boolean) returns setof record language sql as $$ select 'orders', 'require', true $$");
        cluster.Sql("grant execute on function ratchet_agent.subscriptions() to nobody");
        await cluster.ExpectAsync(Outcome.Unknown, PostgresRules.ReplicationEncrypted, "ratchet-agent.sql again");
        await cluster.ExpectAsync(Outcome.Pass, PostgresRules.HbaStrong);
    }

    [PostgresFact]
    public async Task A_certificate_that_the_server_could_not_take_is_found_also_where_it_listens_to_its_own_host_alone()
    {
        using var cluster = new PostgresCluster().Prepare();
        Certify("server.key");
        cluster.Sql("alter system set ssl = on");
        cluster.Reload();
        await cluster.ExpectAsync(Outcome.Pass, PostgresRules.ConfigApplied);
        Certify("other.key");
        cluster.Reload();
        Assert.Equal("on", cluster.Sql("show ssl"));
        await cluster.ExpectAsync(Outcome.Fail, PostgresRules.ConfigApplied, "serves another certificate");
        cluster.Sql("alter system set ssl_cert_file = '/nonexistent.crt'");
        cluster.Reload();
        Assert.Equal("/nonexistent.crt f", cluster.Sql("select setting || ' ' || case when pending_restart then 't' else 'f' end from pg_settings where name = 'ssl_cert_file'"));
        await cluster.ExpectAsync(Outcome.Fail, PostgresRules.ConfigApplied, "/nonexistent.crt is missing");

        cluster.Sql("alter system reset ssl_cert_file");
        Certify("server.key");
        cluster.Reload();
        await cluster.ExpectAsync(Outcome.Pass, PostgresRules.ConfigApplied);
        cluster.Sql("alter system set ssl_ca_file = 'nowhere.crt'");
        cluster.Reload();
        await cluster.ExpectAsync(Outcome.Unknown, PostgresRules.ConfigApplied, "nowhere.crt, which ssl_ca_file names, is missing");

        void Certify(string key)
        {
            PostgresCluster.Run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "90", "-subj", "/CN=db", "-keyout", $"{cluster.Data}/{key}", "-out", cluster.Data + "/server.crt");
            PostgresCluster.Run("chown", "postgres:", $"{cluster.Data}/{key}", cluster.Data + "/server.crt");
            File.SetUnixFileMode($"{cluster.Data}/{key}", (UnixFileMode)0b110_000_000);
        }
    }

    [PostgresFact]
    public async Task A_function_that_somebody_put_there_first_is_replaced_not_run()
    {
        using var cluster = new PostgresCluster();
        cluster.Sql("create role mallory login");
        cluster.Sql("create schema ratchet_agent authorization mallory");
        cluster.Sql("create function ratchet_agent.password_kinds(out role text, out kind text) returns setof record language sql as $$ select 'app', 'scram' $$");
        cluster.Sql("alter function ratchet_agent.password_kinds owner to mallory");
        cluster.Prepare();
        Assert.Equal("postgres", cluster.Sql("select distinct pg_get_userbyid(proowner) from pg_proc p join pg_namespace n on n.oid = p.pronamespace where nspname = 'ratchet_agent'"));
        Assert.Equal("postgres", cluster.Sql("select pg_get_userbyid(nspowner) from pg_namespace where nspname = 'ratchet_agent'"));
        await cluster.ExpectAsync(Outcome.Pass, PostgresRules.PasswordsScram);
    }

    [PostgresFact]
    public async Task MD5_hashes_and_trust_lines_are_found()
    {
        using var cluster = new PostgresCluster(hba: "local all all peer\nhost all all 127.0.0.1/32 trust\n").Prepare();
        cluster.Sql("set password_encryption = 'md5'; create role old login password 'x'");
        await cluster.ExpectAsync(Outcome.Fail, PostgresRules.PasswordsScram, "old (md5)");
        await cluster.ExpectAsync(Outcome.Fail, PostgresRules.HbaStrong, "pg_hba.conf:2 lets everybody");
        cluster.Sql("alter role old password null; alter role old set password_encryption = 'md5'");
        await cluster.ExpectAsync(Outcome.Fail, PostgresRules.PasswordsScram, "role old has new passwords");
    }

    [PostgresFact]
    public async Task A_trust_line_that_was_never_loaded_is_not_in_force()
    {
        using var cluster = new PostgresCluster().Prepare();
        File.AppendAllText(cluster.Hba, "host all all 127.0.0.1/32 trust\n");
        await cluster.ExpectAsync(Outcome.Unknown, PostgresRules.HbaStrong, "changed after");
        await cluster.ExpectAsync(Outcome.Fail, PostgresRules.ConfigApplied, "pg_hba.conf was changed after");
        cluster.Reload();
        await cluster.ExpectAsync(Outcome.Fail, PostgresRules.HbaStrong, "without any proof");
        await cluster.ExpectAsync(Outcome.Pass, PostgresRules.ConfigApplied);
    }

    [PostgresFact]
    public async Task A_rejected_HBA_file_moves_the_load_time_and_changes_nothing()
    {
        using var cluster = new PostgresCluster().Prepare();
        var before = cluster.Sql("select pg_conf_load_time()");
        File.AppendAllText(cluster.Hba, "host all all 127.0.0.1/32 magic\n");
        cluster.Reload();
        Assert.NotEqual(before, cluster.Sql("select pg_conf_load_time()"));
        await cluster.ExpectAsync(Outcome.Fail, PostgresRules.ConfigApplied, "line 2 of pg_hba.conf is wrong");
        await cluster.ExpectAsync(Outcome.Unknown, PostgresRules.HbaStrong, "goes on with the lines");
    }

    [PostgresFact]
    public async Task One_unknown_parameter_stops_a_whole_reload()
    {
        using var cluster = new PostgresCluster("log_connections = on").Prepare();
        File.AppendAllText(cluster.Config, "log_disconnections = on\nlog_disconection = on\n");
        cluster.Reload();
        await cluster.ExpectAsync(Outcome.Fail, PostgresRules.ConnectionsLogged, "log_disconnections = 'off'");
        await cluster.ExpectAsync(Outcome.Fail, PostgresRules.ConfigApplied, "refuses log_disconection");
    }

    [PostgresFact]
    public async Task A_setting_that_waits_for_a_restart_fails_and_the_socket_tells_the_truth()
    {
        using var cluster = new PostgresCluster().Prepare();
        cluster.Sql("alter system set listen_addresses = '*'");
        cluster.Reload();
        await cluster.ExpectAsync(Outcome.Fail, PostgresRules.ConfigApplied, "listen_addresses waits for a restart");
        await cluster.ExpectAsync(Outcome.Pass, PostgresRules.ReachLimited);
    }

    [PostgresFact]
    public async Task Hostssl_lines_while_TLS_is_off_are_complained_about_and_loaded_all_the_same()
    {
        using var cluster = new PostgresCluster(hba: "local all all peer\nhostssl all all 10.0.0.0/8 cert\n").Prepare();
        Assert.Equal("1", cluster.Sql("select count(*) from pg_hba_file_rules where error is not null and type is not null"));
        await cluster.ExpectAsync(Outcome.Pass, PostgresRules.HbaStrong);
        await cluster.ExpectAsync(Outcome.Pass, PostgresRules.ConfigApplied);
    }

    [PostgresFact]
    public async Task Files_and_line_ends_are_read_as_this_server_reads_them()
    {
        using var cluster = new PostgresCluster().Prepare();
        File.WriteAllText(cluster.Hba, "local all all peer # all\r\nhost \"all\",a\"\"b, c \\\n\t+postgres,@names 10.1.2.3 255.255.0.0 scram-sha-256\n");
        File.WriteAllText(cluster.Data + "/names", "alice bob # x\n");
        cluster.Reload();
        await cluster.ExpectAsync(Outcome.Pass, PostgresRules.HbaStrong);
        var machine = new Ratchet.Agent.Probes.Machine("/", (_, _, _) => throw new IOException());
        var line = HbaFile.Read(machine, cluster.Hba, 15).Lines[1];
        var seen = cluster.Sql("select array_to_string(database, '|'), array_to_string(user_name, '|') from pg_hba_file_rules where type = 'host'");
        Assert.Equal(seen, string.Join('|', line.Databases.Select(name => name.Text)) + "|" + string.Join('|', line.Users.Select(name => name.Text)));
    }

    [PostgresFact]
    public async Task A_log_that_is_written_nowhere_or_too_quiet_has_no_connections()
    {
        using var cluster = new PostgresCluster("log_connections = on\nlog_disconnections = on\nlog_min_messages = log").Prepare();
        await cluster.ExpectAsync(Outcome.Pass, PostgresRules.ConnectionsLogged);
        cluster.Sql("create role app login; alter role app set log_min_messages = 'FATAL'");
        await cluster.ExpectAsync(Outcome.Fail, PostgresRules.ConnectionsLogged, "role app is left out");
        cluster.Sql("alter role app reset all");
        cluster.Sql("alter system set log_min_messages = 'fatal'");
        cluster.Sql("select pg_reload_conf()");
        Thread.Sleep(500);
        var before = cluster.Log.Length;
        cluster.Sql("select 1");
        Assert.DoesNotContain("connection authorized", cluster.Log[before..], StringComparison.Ordinal);
        await cluster.ExpectAsync(Outcome.Fail, PostgresRules.ConnectionsLogged, "log_min_messages = fatal");
        cluster.Sql("alter system set log_min_messages = 'log'");
        cluster.Sql("alter system set log_destination = ''");
        cluster.Sql("select pg_reload_conf()");
        Thread.Sleep(500);
        await cluster.ExpectAsync(Outcome.Fail, PostgresRules.ConnectionsLogged, "log_destination");
    }

    [PostgresFact]
    public async Task A_data_directory_that_others_may_enter_fails()
    {
        using var cluster = new PostgresCluster().Prepare();
        File.SetUnixFileMode(cluster.Data + "/pg_hba.conf", (UnixFileMode)0b110_110_110);
        await cluster.ExpectAsync(Outcome.Fail, PostgresRules.FilesProtected, "pg_hba.conf can be written by others");
    }

    [PostgresFact]
    public async Task A_server_that_ends_is_no_cluster_of_the_process_table_any_more()
    {
        using var cluster = new PostgresCluster().Prepare();
        var check = new PostgresCheck(new PostgresqlSettings { Role = PostgresCluster.Role });
        var machine = new Ratchet.Agent.Probes.Machine("/", Ratchet.Agent.Probes.Command.RunAsync);
        await check.RunAsync(machine, default);
        var before = await check.DigestAsync(machine, default);
        cluster.Stop();
        Assert.NotEqual(before, await check.DigestAsync(machine, default));
        Assert.DoesNotContain(await check.RunAsync(machine, default), finding => finding.Subject == cluster.Data);
    }

    [PostgresFact]
    public async Task Two_servers_are_judged_each_for_itself()
    {
        using var sound = new PostgresCluster("log_connections = on\nlog_disconnections = on").Prepare();
        using var weak = new PostgresCluster(hba: "local all postgres,nobody peer\nlocal all all trust\n").Prepare();
        var findings = await PostgresCluster.CheckAsync();
        foreach (var rule in new[] { PostgresRules.HbaStrong, PostgresRules.ConnectionsLogged })
            Assert.Equal([Outcome.Pass, Outcome.Fail], new[] { sound, weak }.Select(cluster => findings.Single(finding => finding.Rule == rule && finding.Subject == cluster.Data).Outcome));
    }
}
