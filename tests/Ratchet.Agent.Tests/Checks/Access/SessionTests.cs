using System.Net;
using Ratchet.Agent.Checks.Access;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Tests.Checks.Ports;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Access;

public sealed class SessionTests : IDisposable
{
    readonly AccessHost host = new();

    public void Dispose() => host.Dispose();

    [Fact]
    public void Ten_thousand_descriptors_do_not_hide_the_connection_and_are_not_all_looked_at()
    {
        using var tree = new Ports.HostTree();
        tree.Link("/proc/7/fd/4", "socket:[4711]").File("/proc/7/net/tcp", Ports.HostTree.TcpHeader + "   0: 0100007F:0016 0900000A:C000 01 00000000:00000000 00:00000000 00000000     0        0 4711 1\n");
        for (var descriptor = 10_000; descriptor < 20_000; descriptor++) tree.Link($"/proc/7/fd/{descriptor}", descriptor == 10_300 ? "socket:[4711]" : "/dev/null");
        Assert.Equal(IPAddress.Parse("10.0.0.9"), SessionPeer.Of(tree.Machine, 7));
        File.Delete(tree.Path("/proc/7/fd/4"));
        Assert.Null(SessionPeer.Of(tree.Machine, 7));
    }

    [Fact]
    public async Task Who_is_here_is_registered_and_comes_from_where_the_register_says()
    {
        await host.ExpectAsync(Outcome.Pass, AccessRules.SessionsAllowed, "sessions", "nobody is logged in");
        host.Acmes.Sources = ["198.51.100.0/24"];
        host.Session("acme", "198.51.100.7").Session("ops", "10.0.0.9").Session("stranger", "192.0.2.1");
        await host.ExpectAsync(Outcome.Pass, AccessRules.SessionsAllowed, "acme from 198.51.100.7");
        await host.ExpectAsync(Outcome.Pass, AccessRules.SessionsAllowed, "ops from 10.0.0.9", "anywhere");
        await host.ExpectAsync(Outcome.Fail, AccessRules.SessionsAllowed, "stranger from 192.0.2.1", "nobody registered");
        host.AcmeAccount.Sources = ["203.0.113.1"];
        await host.ExpectAsync(Outcome.Fail, AccessRules.SessionsAllowed, "acme from 198.51.100.7", "not among the registered sources");
        host.AcmeAccount.Until = new(2026, 11, 1);
        await host.ExpectAsync(Outcome.Fail, AccessRules.SessionsAllowed, "acme from 198.51.100.7", "ended on 2026-11-01");
    }

    [Fact]
    public async Task A_name_in_place_of_an_address_is_unknown_where_sources_are_named()
    {
        host.Session("acme", "vpn.acme.example");
        await host.ExpectAsync(Outcome.Pass, AccessRules.SessionsAllowed, "acme from vpn.acme.example");
        host.Acmes.Sources = ["198.51.100.0/24"];
        await host.ExpectAsync(Outcome.Unknown, AccessRules.SessionsAllowed, "acme from vpn.acme.example", "not known");
    }

    [Fact]
    public async Task A_terminal_of_the_host_is_staff_s_alone_where_sources_are_named()
    {
        host.Acmes.Sources = host.Settings.Access.Staff!.Sources = ["198.51.100.0/24"];
        host.Session("acme", "").Session("ops", "");
        await host.ExpectAsync(Outcome.Fail, AccessRules.SessionsAllowed, "acme from pts/0", "terminal");
        await host.ExpectAsync(Outcome.Pass, AccessRules.SessionsAllowed, "ops from pts/0");
    }

    [Fact]
    public async Task Cron_and_a_session_that_is_closing_are_nobody()
    {
        host.Tree.File("/run/systemd/sessions/1", "USER=ops\nCLASS=background\nSERVICE=cron\n").File("/run/systemd/sessions/2", "USER=ops\nCLASS=user\nSTATE=closing\n").File("/run/systemd/sessions/3", "USER=ops\nCLASS=manager\n");
        await host.ExpectAsync(Outcome.Pass, AccessRules.SessionsAllowed, "sessions");
    }

    [Fact]
    public async Task A_line_of_utmp_counts_while_its_process_lives()
    {
        var file = host.Tree.Path("/run/utmp");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, [.. AccessHost.Utmp(55, "pts/1", "eve", "evil.example", IPAddress.Parse("192.0.2.66"), AccessHost.Today), .. AccessHost.Utmp(56, "pts/2", "old", "", null, AccessHost.Today), .. AccessHost.Utmp(57, "tty1", "ops", "", null, AccessHost.Today)]);
        host.Tree.Process(55, "/usr/sbin/sshd", "/", 0).Process(57, "/usr/bin/bash", "/", 1000);
        await host.ExpectAsync(Outcome.Fail, AccessRules.SessionsAllowed, "eve from 192.0.2.66");
        await host.ExpectAsync(Outcome.Pass, AccessRules.SessionsAllowed, "ops from tty1");
        Assert.Equal(2, (await host.CheckAsync()).Count(finding => finding.Rule == AccessRules.SessionsAllowed));
        File.WriteAllBytes(file, new byte[100]);
        await host.ExpectAsync(Outcome.Unknown, AccessRules.SessionsAllowed, "access", "cut off");
    }

    [Fact]
    public async Task A_login_without_a_terminal_shows_by_the_process_of_sshd()
    {
        Sshd(60, loginuid: "1001", session: "9");
        host.Tree.File("/proc/60/net/tcp", HostTree.TcpHeader + "   0: 0500000A:0016 076433C6:D431 01 00000000:00000000 00:00000000 00000000     0        0 900 1 0\n");
        await host.ExpectAsync(Outcome.Pass, AccessRules.SessionsAllowed, "acme from 198.51.100.7");
        host.Session("acme", "198.51.100.7", "AUDIT=9\n");
        await host.ExpectAsync(Outcome.Pass, AccessRules.SessionsAllowed, "acme from 198.51.100.7");
        Assert.Equal(1, (await host.CheckAsync()).Count(finding => finding.Rule == AccessRules.SessionsAllowed));
    }

    [Fact]
    public async Task A_connection_that_may_not_be_seen_comes_from_an_unknown_address()
    {
        Sshd(60, loginuid: "1001", session: "9");
        host.Acmes.Sources = ["198.51.100.0/24"];
        await host.ExpectAsync(Outcome.Unknown, AccessRules.SessionsAllowed, "acme from an address that is not known");
    }

    [Theory]
    [InlineData("sshd: ops@notty\0", "ops from an address that is not known")]
    [InlineData("sshd-session: ops@pts/0\0", "ops from an address that is not known")]
    // Without a session: ssh -N.
    [InlineData("sshd: ops\0\0\0", "ops from an address that is not known")]
    // Before the login: what the client claims to be.
    [InlineData("sshd: ops [priv]\0", "sessions")]
    [InlineData("sshd: ops [net]\0", "sessions")]
    [InlineData("sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups\0", "sessions")]
    public async Task Without_pam_the_title_tells_who_is_logged_in(string title, string subject)
    {
        Sshd(60, "4294967295", "4294967295");
        host.Tree.File("/proc/60/cmdline", title);
        await host.ExpectAsync(Outcome.Pass, AccessRules.SessionsAllowed, subject);
    }

    [Fact]
    [Shows("access.sessions-allowed", Outcome.Unknown)]
    public async Task Where_processes_are_hidden_sessions_are_unknown()
    {
        File.Delete(host.Tree.Path("/proc/1/comm"));
        await host.ExpectAsync(Outcome.Unknown, AccessRules.SessionsAllowed, "access", "hidepid");
    }

    [Fact]
    public async Task The_digest_changes_when_somebody_comes()
    {
        var check = host.NewCheck();
        var before = await check.DigestAsync(host.Machine, CancellationToken.None);
        Assert.Equal(before, await check.DigestAsync(host.Machine, CancellationToken.None));
        host.Session("ops", "10.0.0.9");
        Assert.NotEqual(before, await check.DigestAsync(host.Machine, CancellationToken.None));
    }

    /// <summary>Whoever may start a program may name it sshd, and start the real one.</summary>
    [Theory]
    [InlineData("/home/acme/sshd", 1001, "/usr/sbin/sshd", 0)]
    [InlineData("/usr/sbin/sshd", 1001, "/usr/bin/bash", 1001)]
    [InlineData("/usr/sbin/sshd", 1001, "/usr/sbin/sshd", 1001)]
    [InlineData("/usr/sbin/sshd", 1001, "/usr/bin/su", 0)]
    [InlineData("/usr/bin/su", 0, "/usr/sbin/sshd", 0)]
    public async Task A_process_that_is_not_root_s_sshd_forges_no_session(string program, int uid, string parent, int owner)
    {
        Forge(program, uid, parent, owner);
        await host.ExpectAsync(Outcome.Pass, AccessRules.SessionsAllowed, "sessions", "nobody is logged in");
    }

    [Theory]
    [InlineData("/usr/lib/openssh/sshd-session", 1001, "/usr/lib/openssh/sshd-session")]
    [InlineData("/usr/sbin/sshd (deleted)", 0, "/usr/bin/bash")]
    public async Task A_process_that_root_s_sshd_started_is_a_session(string program, int uid, string parent)
    {
        Forge(program, uid, parent, 0);
        await host.ExpectAsync(Outcome.Fail, AccessRules.SessionsAllowed, "ghost from an address that is not known", "ghost is logged in");
    }

    [Fact]
    public async Task Where_the_program_may_not_be_read_a_session_is_unknown()
    {
        Forge("/usr/sbin/sshd", 1001, "/usr/sbin/sshd", 0);
        File.Delete(host.Tree.Path("/proc/60/exe"));
        await host.ExpectAsync(Outcome.Unknown, AccessRules.SessionsAllowed, "ghost from an address that is not known", "may not be read");
    }

    void Forge(string program, int uid, string parent, int owner)
    {
        Sshd(60, "4294967295", "4294967295");
        host.Tree.Process(59, parent, "/", owner).Process(60, program, "/", uid).File("/proc/60/status", $"Name:\tsshd\nPPid:\t59\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n").File("/proc/60/cmdline", "sshd: ghost@pts/9\0");
    }

    void Sshd(int pid, string loginuid, string session) =>
        host.Tree.Process(59, "/usr/sbin/sshd", "/", 0).Process(pid, "/usr/sbin/sshd", "/", 1001, 900).File($"/proc/{pid}/status", "Name:\tsshd\nPPid:\t59\nUid:\t1001\t1001\t1001\t1001\n")
            .File($"/proc/{pid}/comm", "sshd\n").File($"/proc/{pid}/loginuid", loginuid).File($"/proc/{pid}/sessionid", session);
}
