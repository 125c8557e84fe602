using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Postgresql;

/// <summary>What a server answered, and what is said of it. The answers of versions 13 to 18 have the same form.</summary>
public sealed class VerdictTests
{
    [Theory]
    [InlineData("on", Outcome.Pass)]
    [InlineData("off", Outcome.Fail)]
    [InlineData("", Outcome.Fail)]
    [InlineData("all", Outcome.Pass)]
    [InlineData("receipt, authentication, authorization", Outcome.Pass)]
    [InlineData("receipt", Outcome.Fail)]
    public Task Log_connections_is_a_boolean_and_from_version_18_a_list(string value, object outcome) => PostgresHost.ExpectAsync((Outcome)outcome, PostgresRules.ConnectionsLogged, host => host.Set("log_connections", value));

    [Fact]
    public Task Disconnections_count_too() => PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.ConnectionsLogged, host => host.Set("log_disconnections", "off"));

    [Theory]
    [InlineData("log_min_messages", "fatal", Outcome.Fail)]
    [InlineData("log_min_messages", "panic", Outcome.Fail)]
    [InlineData("log_min_messages", "log", Outcome.Pass)]
    [InlineData("log_min_messages", "debug5", Outcome.Pass)]
    [InlineData("log_min_messages", "warning, backend:fatal", Outcome.Unknown)]
    [InlineData("log_destination", "", Outcome.Fail)]
    [InlineData("log_destination", "csvlog", Outcome.Pass)]
    public Task What_is_logged_must_be_written(string name, string value, object outcome) => PostgresHost.ExpectAsync((Outcome)outcome, PostgresRules.ConnectionsLogged, host => host.Set(name, value));

    [Fact]
    public Task A_role_whose_log_is_quiet_is_left_out() => PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.ConnectionsLogged, host => host.Row("override,,app,log_min_messages,PANIC"), "role app is left out");

    [Fact]
    public Task A_database_that_is_left_out_of_the_log_fails() => PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.ConnectionsLogged, host => host.Row("override,shop,,log_disconnections,off"), "database shop");

    [Fact]
    public Task A_setting_that_the_server_does_not_show_is_unknown() => PostgresHost.ExpectAsync(Outcome.Unknown, PostgresRules.ConnectionsLogged, host => host.Without("log_connections"));

    [Theory]
    [InlineData("pending,listen_addresses", "listen_addresses waits for a restart")]
    [InlineData("refused,log_disconnection,/etc/postgresql/16/main/conf.d/x.conf,3", "refuses log_disconnection (/etc/postgresql/16/main/conf.d/x.conf:3)")]
    [InlineData("hba,,7,,,true", "line 7 of pg_hba.conf is wrong")]
    public Task What_the_server_does_not_take_fails(string row, string message) => PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.ConfigApplied, host => host.Row(row), message);

    [Fact]
    public Task A_file_that_was_changed_since_the_load_fails_and_its_rules_are_unknown() => Task.WhenAll(
        PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.ConfigApplied, host => host.Server(loaded: TimeSpan.FromHours(-1)), "changed after"),
        PostgresHost.ExpectAsync(Outcome.Unknown, PostgresRules.HbaEncrypted, host => host.Server(loaded: TimeSpan.FromHours(-1)), "changed after"));

    [Fact]
    public Task A_binary_that_was_replaced_wants_a_restart() => PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.ConfigApplied, host => host.Tree.Link($"/proc/{host.Pid}/exe", "/usr/lib/postgresql/16/bin/postgres (deleted)"), "binary");

    [Theory]
    [InlineData("0500000A:1538", Outcome.Pass)]
    [InlineData("00000000:1538", Outcome.Fail)]
    [InlineData("08080808:1538", Outcome.Fail)]
    public Task Sockets_are_judged_by_their_reach(string socket, object outcome) => PostgresHost.ExpectAsync((Outcome)outcome, PostgresRules.ReachLimited, host => host.ListenOn(socket));

    [Fact]
    public Task A_site_may_allow_more_or_less() => Task.WhenAll(
        PostgresHost.ExpectAsync(Outcome.Pass, PostgresRules.ReachLimited, host => host.ListenOn("00000000:1538"), settings: new PostgresqlSettings { Reach = Reach.Any }),
        PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.ReachLimited, _ => { }, settings: new PostgresqlSettings { Reach = Reach.Loopback }));

    [Fact]
    public Task A_stopped_server_is_judged_by_its_files() => Task.WhenAll(
        PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.ReachLimited, host => host.Stop().Tree.File(PostgresHost.Config, $"data_directory = '{PostgresHost.Data}'\nlisten_addresses = '*'\n"), "will listen"),
        PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.TlsOn, host => host.Stop().Tree.File(PostgresHost.Config, $"data_directory = '{PostgresHost.Data}'\nlisten_addresses = '*'\n"), "leave TLS off"),
        PostgresHost.ExpectAsync(Outcome.Pass, PostgresRules.TlsOn, host => host.Stop(), "stopped"),
        PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.HbaEncrypted, host => host.Stop().Tree.File(PostgresHost.Hba, "host all all 0.0.0.0/0 md5\n"), "next start"),
        PostgresHost.ExpectAsync(Outcome.Unknown, PostgresRules.ReachLimited, host => host.Stop().Tree.File(PostgresHost.Config, $"data_directory = '{PostgresHost.Data}'\nlisten_addresses = 'db01'\n"), "db01"));

    [Theory]
    [InlineData("12", null, Outcome.Fail)]
    [InlineData("16", null, Outcome.Pass)]
    [InlineData("19", null, Outcome.Unknown)]
    [InlineData("14", "14.19 (Ubuntu 14.19-0ubuntu0.22.04.1)", Outcome.Pass)]
    [InlineData("14", "14.19 (Ubuntu 14.19-1.pgdg22.04+1)", Outcome.Fail)]
    [InlineData("13", "13.22 (Debian 13.22-0+deb11u1)", Outcome.Fail)]
    [InlineData("14", "14.19", Outcome.Fail)]
    public Task Versions_live_as_long_as_somebody_mends_them(string major, string? version, object outcome) => PostgresHost.ExpectAsync((Outcome)outcome, PostgresRules.Supported, host =>
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
    public Task Repositories_of_pgBackRest_must_have_a_cipher(string global, object outcome) => PostgresHost.ExpectAsync((Outcome)outcome, PostgresRules.BackupsEncrypted, host =>
        host.Set("archive_mode", "on").Row("archive,true,pgbackrest").Tree.File("/etc/pgbackrest/pgbackrest.conf", $"[global]\n{global}\n[main]\npg1-path={PostgresHost.Data}\n"));

    [Fact]
    [Shows("postgresql.backups-encrypted", Outcome.Fail)]
    public Task What_another_program_does_with_the_archive_is_unknown_until_attested()
    {
        BackupSettings attested = new() { Cluster = "16/*", Encrypted = true, AttestedBy = "ops", At = DateOnly.FromDateTime(DateTime.UtcNow) };
        return Task.WhenAll(
            PostgresHost.ExpectAsync(Outcome.Unknown, PostgresRules.BackupsEncrypted, host => host.Set("archive_mode", "on").Row("archive,true,cp"), "written by cp"),
            PostgresHost.ExpectAsync(Outcome.Unknown, PostgresRules.BackupsEncrypted, _ => { }),
            PostgresHost.ExpectAsync(Outcome.Pass, PostgresRules.BackupsEncrypted, _ => { }, settings: new PostgresqlSettings { Backups = [attested] }),
            PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.BackupsEncrypted, _ => { }, settings: new PostgresqlSettings { Backups = [attested with { Encrypted = false }] }),
            PostgresHost.ExpectAsync(Outcome.Unknown, PostgresRules.BackupsEncrypted, _ => { }, settings: new PostgresqlSettings { Backups = [attested with { At = new DateOnly(2020, 1, 1) }] }));
    }

    [Fact]
    public Task Files_that_others_can_write_or_read_fail() => Task.WhenAll(
        PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.FilesProtected, host => host.Own(PostgresHost.Data, 0b111_101_101), "open to others"),
        PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.FilesProtected, host => host.Own(PostgresHost.Hba, 0b110_110_000), "written by others"),
        PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.FilesProtected, host => host.Own("/etc/ssl/pg.key", 0b110_100_100), "others can read"),
        PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.FilesProtected, host => { host.Own("/etc/ssl/pg.key", 0b110_000_000); host.Set("logging_collector", "on").Set("log_file_mode", "0644"); }, "log_file_mode"),
        PostgresHost.ExpectAsync(Outcome.Pass, PostgresRules.FilesProtected, host => { host.Own("/etc/ssl/pg.key", 0b110_100_000); host.Own(PostgresHost.Data, 0b111_101_000); }));

    [Fact]
    public async Task The_key_is_looked_at_and_never_opened()
    {
        using var host = new PostgresHost();
        File.Delete(host.Tree.Path("/etc/ssl/pg.key"));
        // Whoever opens it gets an error.
        Directory.CreateDirectory(host.Tree.Path("/etc/ssl/pg.key"));
        host.Own("/etc/ssl/pg.key", 0b111_000_000);
        var findings = await host.CheckAsync();
        Assert.Equal(Outcome.Pass, findings.Single(finding => finding.Rule == PostgresRules.FilesProtected).Outcome);
        Assert.DoesNotContain(findings, finding => finding.Message.Contains("pg.key", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ssl_cert_file", "/etc/ssl/gone.pem")]
    [InlineData("ssl_key_file", "/etc/ssl/gone.key")]
    public Task A_certificate_or_key_that_is_missing_was_not_taken(string name, string path) =>
        PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.ConfigApplied, host => host.Set(name, path), $"{path} is missing");
}
