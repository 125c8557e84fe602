using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Tests.Checks.Ports;

namespace Ratchet.Agent.Tests.Checks.Postgresql;

/// <summary>Poolers and forwarders before a server: what it says of its sessions says nothing of their clients.</summary>
public sealed class FrontTests
{
    const int Pid = 800;
    const string Ini = "/etc/pgbouncer/pgbouncer.ini";
    const string Afar = "0901010A:D431", Here = "0100007F:D431", Wildcard = "00000000:1920", Loopback = "0100007F:1920";

    [Theory]
    [InlineData("require", Afar, nameof(Outcome.Pass), "1 connection from another host goes through pgbouncer on 0.0.0.0:6432 (client_tls_sslmode = require)")]
    [InlineData("verify-full", Afar, nameof(Outcome.Pass), "pgbouncer")]
    [InlineData("disable", Afar, nameof(Outcome.Fail), "unencrypted")]
    [InlineData("", Afar, nameof(Outcome.Fail), "client_tls_sslmode = disable")]
    [InlineData("prefer", Afar, nameof(Outcome.Unknown), "cannot tell")]
    [InlineData("allow", Afar, nameof(Outcome.Unknown), "cannot tell")]
    [InlineData("rubbish", Afar, nameof(Outcome.Unknown), "cannot tell")]
    [InlineData("disable", Here, nameof(Outcome.Pass), "no session from another host")]
    [InlineData("disable", null, nameof(Outcome.Pass), "no session from another host")]
    public Task Clients_of_PgBouncer_are_judged_by_what_it_demands(string mode, string? client, string outcome, string words) =>
        PostgresHost.ExpectAsync(Enum.Parse<Outcome>(outcome), PostgresRules.SessionsEncrypted, host => Before(host, "pgbouncer", client, mode: mode), words);

    [Theory]
    [InlineData("pgpool")]
    [InlineData("odyssey")]
    [InlineData("pgcat")]
    public Task Clients_of_another_pooler_are_not_known_to_be_encrypted(string program) =>
        PostgresHost.ExpectAsync(Outcome.Unknown, PostgresRules.SessionsEncrypted, host => Before(host, program, Afar), $"{program} on 0.0.0.0:6432");

    [Fact]
    public Task A_pooler_that_only_this_host_can_reach_hides_nobody() =>
        PostgresHost.ExpectAsync(Outcome.Pass, PostgresRules.SessionsEncrypted, host => Before(host, "pgpool", Here, Loopback), "no session from another host");

    [Fact]
    public Task A_plain_session_fails_whatever_stands_before_the_server() =>
        PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.SessionsEncrypted, host => Before(host.Row("session,app,10.1.1.1,true,false,3,client backend"), "pgbouncer", Afar, mode: "require"), "app from 10.1.1.1");

    [Fact]
    public async Task A_configuration_that_changed_after_the_start_or_cannot_be_read_or_lies_elsewhere_is_unknown()
    {
        foreach (var (spoil, words) in new (Action<PostgresHost>, string)[]
        {
            (host => host.Tree.File($"/proc/{Pid}/stat", Stat(600)), "was changed after it was started"),
            (host => host.Tree.File(Ini, "[pgbouncer]\nclient_tls_sslmode = require\n%include /etc/pgbouncer/gone.ini\n"), "gone.ini is missing"),
            (host => host.Tree.File(Ini, "%include more.ini\n"), "part of its path"),
            (host => host.Tree.File(Ini, $"%include {Ini}\n"), "include one another"),
            (host => host.Tree.File($"/proc/{Pid}/cmdline", "pgbouncer\0pgbouncer.ini\0"), "whole path"),
        })
            await PostgresHost.ExpectAsync(Outcome.Unknown, PostgresRules.SessionsEncrypted, host => spoil(Before(host, "pgbouncer", Afar, mode: "require")), words);
    }

    [Fact]
    public Task The_last_word_of_all_files_counts_and_the_section_goes_on_after_an_included_one() =>
        PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.SessionsEncrypted, host => Before(host, "pgbouncer", Afar).Tree
            .File(Ini, "[databases]\nclient_tls_sslmode = require\n%include /etc/pgbouncer/a.ini\n  client_tls_sslmode=Disable \n;client_tls_sslmode = require\n").File("/etc/pgbouncer/a.ini", "[pgbouncer]\nclient_tls_sslmode = require\n"), "client_tls_sslmode = disable");

    [Theory]
    [InlineData("pgbouncer", nameof(Outcome.Unknown))]
    [InlineData("pgpool", nameof(Outcome.Unknown))]
    [InlineData("nginx", nameof(Outcome.Pass))]
    public Task Whether_a_superuser_comes_through_a_pooler_is_not_known(string program, string outcome) =>
        PostgresHost.ExpectAsync(Enum.Parse<Outcome>(outcome), PostgresRules.SuperusersLocal, host => Before(host, program, null));

    [Fact]
    public async Task A_forwarder_counts_where_it_has_a_connection_to_the_server()
    {
        foreach (var rule in new[] { PostgresRules.SessionsEncrypted, PostgresRules.HbaEncrypted, PostgresRules.SuperusersLocal })
        {
            await PostgresHost.ExpectAsync(Outcome.Unknown, rule, host => Before(host, "haproxy", Afar, passesOn: true), "haproxy on 0.0.0.0:6432");
            await PostgresHost.ExpectAsync(Outcome.Pass, rule, host => Before(host, "haproxy", Afar));
        }
        await PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.HbaEncrypted, host => Before(host.WriteHba("host all all all scram-sha-256\n"), "haproxy", Afar, passesOn: true));
    }

    [Fact]
    public async Task A_pooler_in_a_container_counts_where_it_has_a_connection_to_the_server_and_then_all_that_come_to_it()
    {
        await PostgresHost.ExpectAsync(Outcome.Pass, PostgresRules.SessionsEncrypted, host => InContainer(Before(host, "pgpool", "0500000A:D431")), "no session");
        await PostgresHost.ExpectAsync(Outcome.Unknown, PostgresRules.SessionsEncrypted, host => InContainer(Before(host, "pgpool", "0500000A:D431", passesOn: true)), "in docker");

        static void InContainer(PostgresHost host)
        {
            host.Tree.File("/proc/net/fib_trie", "Local:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 10.0.0.5\n        /32 host LOCAL\n").Tcp(("0500000A:1538", 4711)).Link($"/proc/{Pid}/ns/net", "net:[2]");
            host.Tree.File($"/proc/{Pid}/cgroup", "0::/system.slice/docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope\n");
        }
    }

    [Fact]
    public async Task What_stands_before_the_server_is_told_where_its_own_reach_is()
    {
        await PostgresHost.ExpectAsync(Outcome.Pass, PostgresRules.ReachLimited, host => Before(host, "pgbouncer", null), "before it stands pgbouncer on 0.0.0.0:6432");
        await PostgresHost.ExpectAsync(Outcome.NotApplicable, PostgresRules.HbaEncrypted, host => Before(host.ListenOn("0100007F:1538"), "pgbouncer", Afar));
        await PostgresHost.ExpectAsync(Outcome.Unknown, PostgresRules.SuperusersLocal, host => Before(host.ListenOn("0100007F:1538"), "pgbouncer", Afar));
    }

    static PostgresHost Before(PostgresHost host, string program, string? client, string door = Wildcard, string mode = "", bool passesOn = false)
    {
        host.Tree.File("/proc/stat", $"btime {DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeSeconds()}\n").File($"/proc/{Pid}/stat", Stat(7200 * 100));
        host.Tree.Tcp(("0500000A:1538", 4711), (door, 8000)).Process(Pid, $"/usr/sbin/{program}", $"/system.slice/{program}.service", 0, 8000, 8001, 8002);
        host.Tree.File($"/proc/{Pid}/cmdline", $"/usr/sbin/{program}\0-u\0postgres\0{Ini}\0-q\0");
        host.Tree.File(Ini, $"[databases]\n* = host=/run/postgresql password=x\n[pgbouncer]\n{(mode.Length > 0 ? $"client_tls_sslmode = {mode}" : "")}\n");
        var table = HostTree.Table("0A", (door, 8000));
        if (client is not null) table += Connected(door.Replace("00000000", "0500000A", StringComparison.Ordinal), client, 8001);
        if (passesOn) table += Connected("0100007F:9999", "0100007F:1538", 8002);
        host.Tree.File($"/proc/{Pid}/net/tcp", table);
        return host;
    }

    static string Connected(string local, string remote, int inode) => $"   9: {local} {remote} 01 00000000:00000000 00:00000000 00000000     0        0 {inode} 1 0000000000000000 20 4 30 10 -1\n";

    /// <summary>A process that was started that many hundredths of a second after the boot, an hour ago.</summary>
    static string Stat(int ticks) => $"{Pid} (pooler) S 1 {string.Concat(Enumerable.Repeat("0 ", 17))}{ticks} 0\n";
}
