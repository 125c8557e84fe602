using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Access;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Access;

public sealed class RegisteredTests : IDisposable
{
    readonly AccessHost host = new();

    public void Dispose() => host.Dispose();

    [Fact]
    public async Task A_host_that_fits_its_register_fails_nothing()
    {
        var findings = await host.CheckAsync();
        Assert.DoesNotContain(findings, finding => finding.Outcome is Outcome.Fail or Outcome.Unknown);
        Assert.Equal(AccessRules.All.Count, findings.Select(finding => finding.Rule).Distinct().Count());
    }

    [Fact]
    public async Task Without_a_register_nothing_passes_that_needs_one()
    {
        host.Settings.Access = new AccessSettings();
        await host.ExpectAsync(Outcome.Unknown, AccessRules.RegisteredOnly, "access", "access");
        foreach (var rule in new[] { AccessRules.NotExpired, AccessRules.TimeLimited, AccessRules.Reviewed, AccessRules.SessionsAllowed })
            await host.ExpectAsync(Outcome.NotApplicable, rule, "access", "setting access");
        host.Sudoers("ops ALL=(ALL) ALL\n");
        await host.ExpectAsync(Outcome.Unknown, AccessRules.LeastPrivilege, "ops", "no register");
    }

    [Fact]
    public async Task An_account_that_nobody_registered_fails_by_each_way_in()
    {
        host.Account("eve", 1002, "eve:$6$hash:20000:0:99999:7:::");
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "eve", "by password, and nobody registered it");
        host.Account("eve", 1002, "eve::20000:0:99999:7:::");
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "eve", "no password at all");
        host.Account("eve", 1002).Key("eve", AccessHost.Stranger);
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "eve", "by 1 key");
    }

    [Fact]
    public async Task A_key_by_the_name_of_its_signatures_is_a_way_in()
    {
        byte[] blob = [0, 0, 0, 7, .. "ssh-rsa"u8, 0, 0, 0, 3, 1, 0, 1, 0, 0, 1, 1, 0, 0x80, .. new byte[255]];
        host.Key("acme", $"rsa-sha2-512 {Convert.ToBase64String(blob)} evil");
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "acme");
        host.Account("eve", 1002).Key("eve", $"rsa-sha2-256 {Convert.ToBase64String(blob)}");
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "eve", "by 1 key");
    }

    [Theory]
    [InlineData("!")]
    [InlineData("!!")]
    [InlineData("*")]
    [InlineData("!$6$hash")]
    public async Task A_locked_password_stops_no_key(string field)
    {
        host.Account("eve", 1002, $"eve:{field}:20000:0:99999:7:::").Key("eve", AccessHost.Stranger);
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "eve", "by 1 key");
        Assert.DoesNotContain("password", (await host.CheckAsync()).Single(finding => finding.Rule == AccessRules.RegisteredOnly && finding.Subject == "eve").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shell_that_refuses_stops_no_key_for_forwarding_and_sftp_go_on()
    {
        host.Account("eve", 1002, "eve:$6$hash:20000:0:99999:7:::", shell: "/usr/sbin/nologin").Key("eve", AccessHost.Stranger);
        var finding = await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "eve", "by 1 key");
        Assert.DoesNotContain("password", finding.Message, StringComparison.Ordinal);
    }

    /// <summary>A key is a way in that somebody left, and nobody is said to come in who does not.</summary>
    [Theory]
    [InlineData("denyusers mal\ndenyusers eve\n", "eve has 1 key, though sshd turns it away (DenyUsers), and nobody registered it")]
    [InlineData("denyusers eve@10.0.0.1\n", "eve can be entered by 1 key")]
    [InlineData("allowusers ops\nallowusers acme@10.0.0.*\n", "eve has 1 key, though sshd turns it away (AllowUsers)")]
    [InlineData("allowusers ops\nallowusers e*@10.0.0.*\n", "eve can be entered by 1 key")]
    [InlineData("denygroups evil\n", "(DenyGroups)")]
    [InlineData("allowgroups ops\n", "(AllowGroups)")]
    [InlineData("allowgroups ev?l\n", "eve can be entered by 1 key")]
    [InlineData("usepam no\n", "its password is locked, and UsePAM no")]
    [InlineData("usepam yes\n", "eve can be entered by 1 key")]
    public async Task A_key_of_an_account_that_sshd_turns_away_fails_and_the_message_says_so(string settings, string words)
    {
        host.Account("eve", 1002).Key("eve", AccessHost.Stranger).Sshd(settings).Tree.File("/etc/group", "root:x:0:\nevil:x:600:eve\n");
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "eve", words);
    }

    /// <summary>Of a file that changed since nobody knows what it said when the daemon read it.</summary>
    [Theory]
    [InlineData(1, "though sshd turns it away (DenyUsers)")]
    [InlineData(-1, "eve can be entered by 1 key")]
    public async Task A_setting_that_the_daemon_has_not_read_turns_nobody_away(int startedDaysLater, string words)
    {
        host.Account("eve", 1002).Key("eve", AccessHost.Stranger).Sshd("denyusers eve\n");
        host.Tree.Process(60, "/usr/sbin/sshd", "/system.slice/ssh.service", 0).File("/proc/60/comm", "sshd\n").File("/proc/60/cmdline", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups\0")
            .File("/proc/60/stat", $"60 (sshd) S 1 60 60 {string.Join(' ', Enumerable.Repeat('0', 15))} 100 0 0\n").File("/proc/stat", $"btime {DateTimeOffset.UtcNow.AddDays(startedDaysLater).ToUnixTimeSeconds()}\n");
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "eve", words);
    }

    [Fact]
    public async Task Root_s_key_counts_though_root_may_not_log_in()
    {
        host.Key("root", AccessHost.Stranger);
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "root", "root has 1 key, though sshd turns it away (PermitRootLogin no)");
    }

    [Fact]
    public async Task Certificates_open_no_account_that_sshd_turns_away()
    {
        host.Tree.File("/etc/ssh/ca.pub", AccessHost.Stranger + "\n");
        host.Sshd("trustedusercakeys /etc/ssh/ca.pub\nallowusers ops\nallowusers acme\n").Account("bob", 1002);
        Assert.DoesNotContain(await host.CheckAsync(), finding => finding.Rule == AccessRules.RegisteredOnly && finding.Subject is "bob" or "root");
    }

    [Fact]
    public async Task An_expiry_without_a_zone_is_by_the_clock_on_the_host_s_wall()
    {
        // 04:00 in New York is 09:00 UTC; access ends at midnight there, 05:00 UTC.
        host.NoKeys("acme").Key("acme", AccessHost.Acme, "expiry-time=\"202701010400\"");
        host.Account("acme", 1001, "acme:!:20000:0:99999:7::20818:").Tree.Link("/etc/localtime", "/usr/share/zoneinfo/America/New_York");
        await host.ExpectAsync(Outcome.Fail, AccessRules.TimeLimited, "acme", "expires on 2027-01-01");
        host.NoKeys("acme").Key("acme", AccessHost.Acme, "expiry-time=\"202701010400Z\"");
        await host.ExpectAsync(Outcome.Pass, AccessRules.TimeLimited, "acme");
    }

    [Fact]
    public async Task A_key_in_the_second_file_counts()
    {
        host.Account("eve", 1002).Key("eve", AccessHost.Stranger, file: "authorized_keys2");
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "eve");
    }

    [Fact]
    public async Task An_expired_account_and_an_expired_key_let_nobody_in()
    {
        host.Account("eve", 1002, "eve:$6$hash:20000:0:99999:7::1:").Key("eve", AccessHost.Stranger);
        host.Account("mal", 1003).Key("mal", AccessHost.Stranger, "expiry-time=\"20200101Z\"").Account("odd", 1004).Key("odd", AccessHost.Stranger, "expiry-time=\"2020-01-01\"");
        var subjects = (await host.CheckAsync()).Where(finding => finding.Rule == AccessRules.RegisteredOnly).Select(finding => finding.Subject);
        Assert.Equal(["acme", "ops"], subjects.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_day_of_expiry_is_the_first_closed_one()
    {
        // 20779 is 2026-11-22.
        host.Account("eve", 1002, "eve:$6$hash:20000:0:99999:7::20779:");
        Assert.DoesNotContain(await host.CheckAsync(), finding => finding.Subject == "eve");
        host.Account("eve", 1002, "eve:$6$hash:20000:0:99999:7::20780:");
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "eve");
        // shadow(5) calls 0 ambiguous; PAM was seen to take it for expired.
        host.Account("eve", 1002, "eve:$6$hash:20000:0:99999:7::0:");
        Assert.DoesNotContain(await host.CheckAsync(), finding => finding.Subject == "eve");
    }

    /// <summary>Without PAM (UsePAM no) sshd was seen to let a key in whose account's password had expired, was to be changed, or was long idle.</summary>
    [Theory]
    [InlineData("18000:0:90:7:::")]
    [InlineData("18000:0:90:7:30::")]
    [InlineData("0:0:99999:7:::")]
    public async Task A_password_that_expired_stops_no_key(string ageing)
    {
        host.Account("eve", 1002, $"eve:$6$hash:{ageing}").Key("eve", AccessHost.Stranger);
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "eve", "1 key");
    }

    [Fact]
    public async Task A_key_of_an_account_of_a_program_counts()
    {
        host.Account("postgres", 114, "postgres:*:20000:0:99999:7:::").Key("postgres", AccessHost.Stranger);
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "postgres", "by 1 key");
    }

    [Fact]
    public async Task A_key_from_named_addresses_alone_is_a_key_all_the_same()
    {
        host.Account("eve", 1002).Key("eve", AccessHost.Stranger, "from=\"192.0.2.0/24,!192.0.2.7\",command=\"/bin/a, \\\"b\\\"\",restrict");
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "eve", "by 1 key");
    }

    [Fact]
    public async Task A_stranger_s_key_in_a_registered_account_fails_and_says_whose_it_is()
    {
        host.Key("ops", AccessHost.Stranger);
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "ops", "a key that nobody registered");
        host.NoKeys("ops").Key("ops", AccessHost.Acme);
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "ops", "a key of acme");
    }

    [Fact]
    public async Task A_grant_that_has_not_begun_or_is_for_other_hosts_lets_nobody_in()
    {
        host.AcmeAccount.From = new(2026, 12, 1);
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "acme", "begins on 2026-12-01");
        host.AcmeAccount.From = null;
        host.Acmes.Scope = new ScopeSettings { Hosts = ["db*.internal"] };
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "acme", "not for this host");
        host.Acmes.Scope = new ScopeSettings { Hosts = ["web*.internal"] };
        await host.ExpectAsync(Outcome.Pass, AccessRules.RegisteredOnly, "acme");
        host.Acmes.Scope = new ScopeSettings { Roles = ["tomcat"] };
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "acme", "not for this host");
    }

    [Fact]
    public async Task A_trusted_authority_needs_a_holder_and_opens_accounts_without_a_key()
    {
        host.Tree.File("/etc/ssh/ca.pub", AccessHost.Stranger + "\n");
        host.Sshd("trustedusercakeys /etc/ssh/ca.pub\n").Account("bob", 1002);
        var subject = $"authority {AccessHost.Fingerprint(AccessHost.Stranger)}";
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, subject, "an authority that nobody registered");
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "bob", "certificates");
        host.Settings.Access.Staff!.Authorities = [AccessHost.Fingerprint(AccessHost.Stranger)];
        await host.ExpectAsync(Outcome.Pass, AccessRules.RegisteredOnly, subject, "staff");
    }

    [Fact]
    public async Task An_authority_in_a_key_file_needs_a_holder_too()
    {
        host.Key("ops", AccessHost.Stranger, "cert-authority,principals=\"x\"");
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "ops", "an authority that nobody registered");
        host.Settings.Access.Staff!.Authorities = [AccessHost.Fingerprint(AccessHost.Stranger)];
        await host.ExpectAsync(Outcome.Pass, AccessRules.RegisteredOnly, "ops");
    }

    [Fact]
    public async Task Keys_that_a_command_supplies_are_unknown()
    {
        host.Sshd("authorizedkeyscommand /usr/share/ec2-instance-connect/eic_run_authorized_keys %u %f\n");
        await host.ExpectAsync(Outcome.Unknown, AccessRules.RegisteredOnly, "AuthorizedKeysCommand", "eic_run_authorized_keys");
    }

    [Fact]
    public async Task A_key_file_that_is_a_link_is_unknown_not_without_keys()
    {
        host.NoKeys("ops").Tree.File("/etc/secret", "").Link("/home/ops/.ssh/authorized_keys", "/etc/secret");
        await host.ExpectAsync(Outcome.Unknown, AccessRules.RegisteredOnly, "ops", "symbolic link");
        host.Key("ops", AccessHost.Stranger, file: "authorized_keys2");
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "ops", "nobody registered");
    }

    [Fact]
    public async Task A_directory_need_not_list_its_accounts()
    {
        host.Tree.File("/etc/nsswitch.conf", "passwd: files sss\n");
        Assert.All(await Record(host), finding => Assert.Equal(Outcome.Unknown, finding.Outcome));

        host.Directory = true;
        await host.ExpectAsync(Outcome.Unknown, AccessRules.RegisteredOnly, "directory", "need not list them all");
        await host.ExpectAsync(Outcome.Pass, AccessRules.RegisteredOnly, "ops");
        // Its account may be there, and is not listed.
        host.AcmeAccount.Until = new(2026, 11, 1);
        host.NoKeys("acme").Gone("acme");
        await host.ExpectAsync(Outcome.Unknown, AccessRules.NotExpired, "acme (acme)", "whether a directory still has the account");

        static async Task<IReadOnlyList<Finding>> Record(AccessHost host) => (await new Sweep(host.Machine, TimeSpan.FromMinutes(1), new Waivers([])).RunAsync([host.NewCheck()], CancellationToken.None))[0].Findings;
    }

    [Fact]
    [Shows("access.reviewed", Outcome.Unknown)]
    public async Task A_broken_shadow_file_makes_all_of_it_unknown()
    {
        host.Tree.File("/etc/shadow", "ops:!:20000:0:99999:7:::\nacme:!\n");
        var findings = (await new Sweep(host.Machine, TimeSpan.FromMinutes(1), new Waivers([])).RunAsync([host.NewCheck()], CancellationToken.None))[0].Findings.Note();
        Assert.All(findings, finding => Assert.Equal(Outcome.Unknown, finding.Outcome));
        Assert.Contains("/etc/shadow:2", findings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_in_passwd_itself_counts()
    {
        host.Account("eve", 1002);
        var file = host.Tree.Path("/etc/passwd");
        File.WriteAllText(file, File.ReadAllText(file).Replace("eve:x:", "eve:aBcDeF:", StringComparison.Ordinal));
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "eve", "by password");
    }

    [Fact]
    public async Task No_hash_is_in_any_finding()
    {
        host.Account("eve", 1002, "eve:$6$salt$averysecrethash:20000:0:99999:7:::").Account("mal", 1003, "mal:!$6$salt$averysecrethash:20000:0:99999:7:::").Key("mal", AccessHost.Stranger);
        Assert.DoesNotContain(await host.CheckAsync(), finding => (finding.Message + finding.Evidence.ToJson().ToJsonString()).Contains("secrethash", StringComparison.Ordinal));
    }
}
