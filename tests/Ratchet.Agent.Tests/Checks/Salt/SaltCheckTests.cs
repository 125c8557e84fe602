using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Salt;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Checks.Ubuntu;

namespace Ratchet.Agent.Tests.Checks.Salt;

public sealed class SaltCheckTests : IDisposable
{
    const string MasterKey = "-----BEGIN PUBLIC KEY-----\nMIIB\nAQAB\n-----END PUBLIC KEY-----\n";
    // printf 'MIIB\nAQAB\n' | sha256sum, as Salt counts it.
    static readonly string Finger = PinVerdict.Fingerprint(System.Text.Encoding.UTF8.GetBytes(MasterKey), "sha256")!;

    readonly UbuntuHost host = new();

    public SaltCheckTests()
    {
        host.Write("/usr/bin/salt-minion", "");
        host.Service("salt-minion.service");
        Minion($"master: salt.internal\nmaster_finger: '{Finger}'\ncache_jobs: True\n");
        host.MakeDirectory("/etc/salt/pki/minion", "0700 root:root");
        host.Write("/etc/salt/pki/minion/minion.pem", "", "0400 root:root");
        host.Write("/etc/salt/pki/minion/minion_master.pub", MasterKey);
        Job("20261121060000000000", UbuntuHost.Now.AddHours(-6), SaltReturns.Of("state.apply", [], ("file_|-motd_|-/etc/motd_|-managed", true, 1), ("pkg_|-ssh_|-ssh_|-installed", true, 0)));
    }

    public void Dispose() => host.Dispose();

    Task<Finding> AssertAsync(Rule rule, Outcome outcome, string words, SaltSettings? settings = null) => host.AssertAsync(new SaltCheck(settings ?? new SaltSettings()), rule, outcome, words);

    void Minion(string text) => host.Write("/etc/salt/minion", text);

    void Job(string id, DateTimeOffset at, byte[] content) => host.WriteBytes($"/var/cache/salt/minion/minion_jobs/{id}/return.p", content, at);

    [Fact]
    public async Task A_good_minion_passes_every_rule_but_the_masters()
    {
        var findings = await new SaltCheck(new SaltSettings()).RunAsync(host.Machine(), CancellationToken.None);
        Assert.All(findings, finding => Assert.True(finding.Outcome == (finding.Rule == SaltRules.MasterRestricted ? Outcome.NotApplicable : Outcome.Pass), $"{finding.Rule.Id}: {finding.Outcome} {finding.Message}"));
        Assert.Equal(SaltRules.All.Select(rule => rule.Id).Order(), findings.Select(finding => finding.Rule.Id).Distinct().Order());
    }

    [Fact]
    public async Task Without_Salt_nothing_is_judged_unless_it_is_required()
    {
        host.Delete("/usr/bin/salt-minion");
        foreach (var rule in SaltRules.All) await AssertAsync(rule, Outcome.NotApplicable, "installed");
        await AssertAsync(SaltRules.MinionRunning, Outcome.Fail, "requires one", new SaltSettings { Required = true });
    }

    [Fact]
    public async Task A_minion_that_does_not_run_or_is_stopped_fails()
    {
        host.Service("salt-minion.service", state: 'T');
        await AssertAsync(SaltRules.MinionRunning, Outcome.Fail, "stopped by a signal");
        host.Stop("salt-minion.service");
        await AssertAsync(SaltRules.MinionRunning, Outcome.Fail, "does not run");
        Directory.Delete(host.Root + "/sys", recursive: true);
        await AssertAsync(SaltRules.MinionRunning, Outcome.Unknown, "cannot be seen");
    }

    [Theory]
    [InlineData("master: a\n", Outcome.Fail, "whoever answered first")]
    [InlineData("master_finger: ''\n", Outcome.Fail, "whoever answered first")]
    [InlineData("master_finger: 'aa:bb'\n", Outcome.Fail, "another fingerprint")]
    [InlineData("master_finger: 'aa:bb'\nopen_mode: True\n", Outcome.Fail, "open_mode")]
    [InlineData("verify_master_pubkey_sign: True\n", Outcome.Unknown, "is missing")]
    [InlineData("master_finger: 'aa:bb'\nhash_type: md5\n", Outcome.Unknown, "md5")]
    [InlineData("master_type: disable\n", Outcome.NotApplicable, "no master")]
    [InlineData("master_finger: &x 'aa:bb'\n", Outcome.Unknown, "/etc/salt/minion:1")]
    [InlineData("a: b\na: c\n", Outcome.Unknown, "twice")]
    public async Task A_minion_without_a_known_master_is_not_pinned(string text, object outcome, string words)
    {
        Minion(text);
        await AssertAsync(SaltRules.MasterPinned, (Outcome)outcome, words);
    }

    [Fact]
    public async Task A_signed_master_key_pins_as_well()
    {
        Minion("verify_master_pubkey_sign: True\n");
        host.Write("/etc/salt/pki/minion/master_sign.pub", MasterKey);
        await AssertAsync(SaltRules.MasterPinned, Outcome.Pass, "signed by a key");
    }

    [Fact]
    public async Task Files_of_minion_d_win_over_the_main_file()
    {
        host.Write("/etc/salt/minion.d/10.conf", "open_mode: yes\n");
        host.Write("/etc/salt/minion.d/not-read.txt", "{");
        await AssertAsync(SaltRules.MinionConfigSafe, Outcome.Fail, "open_mode is on");
        host.Write("/etc/salt/minion.d/20.conf", "open_mode: false\n");
        await AssertAsync(SaltRules.MinionConfigSafe, Outcome.Pass, "opens no door");
    }

    [Fact]
    public async Task What_a_minion_writes_by_itself_says_nothing_against_the_rest()
    {
        host.Write("/etc/salt/minion.d/_schedule.conf", "schedule:\n  __mine_interval: {enabled: true, function: mine.update, jid_include: true, maxrunning: 2,\n    minutes: 60, return_job: false, run_on_start: true}\n");
        host.List("/etc/salt/minion.d/_schedule.conf", "0644 root:root", UbuntuHost.Now);
        await AssertAsync(SaltRules.MinionConfigSafe, Outcome.Pass, "opens no door");
        host.Write("/etc/salt/minion.d/_schedule.conf", "schedule: {}\nhash_type: sha256\n");
        host.List("/etc/salt/minion.d/_schedule.conf", "0644 root:root", UbuntuHost.Now);
        await AssertAsync(SaltRules.MinionConfigSafe, Outcome.Unknown, "_schedule.conf was changed since");
    }

    [Fact]
    public async Task A_file_newer_than_the_minion_proves_nothing_of_it()
    {
        host.List("/etc/salt/minion", "0644 root:root", UbuntuHost.Now);
        await AssertAsync(SaltRules.MinionConfigSafe, Outcome.Unknown, "was changed since");
        await AssertAsync(SaltRules.MasterPinned, Outcome.Unknown, "was changed since");
    }

    [Fact]
    public async Task Commands_that_the_policy_forbids_must_be_forbidden()
    {
        var policy = new SaltSettings { CommandBlacklist = ["rm *", "mkfs*"] };
        Minion("cmd_blacklist_glob:\n- 'rm *'\n");
        await AssertAsync(SaltRules.MinionConfigSafe, Outcome.Fail, "leaves out mkfs*", policy);
        Minion("cmd_blacklist_glob: ['rm *', \"mkfs*\"] # both\n");
        await AssertAsync(SaltRules.MinionConfigSafe, Outcome.Pass, "", policy);
        Minion("disable_modules: [cmd]\n");
        await AssertAsync(SaltRules.MinionConfigSafe, Outcome.Pass, "", policy);
    }

    [Fact]
    public async Task Auto_accept_is_told_in_a_minion_too()
    {
        Minion("auto_accept: True\n");
        await AssertAsync(SaltRules.MinionConfigSafe, Outcome.Fail, "auto_accept");
    }

    [Theory]
    [InlineData("/etc/salt/pki/minion/minion.pem", "0440 root:root")]
    [InlineData("/etc/salt/pki/minion/minion.pem", "0400 salt:root")]
    [InlineData("/etc/salt/pki/minion/minion_master.pub", "0664 root:root")]
    [InlineData("/etc/salt/pki/minion", "0770 root:root")]
    public async Task Keys_that_others_can_read_or_exchange_fail(string path, string mode)
    {
        host.List(path, mode);
        await AssertAsync(SaltRules.KeysProtected, Outcome.Fail, path);
    }

    [Fact]
    public async Task A_minion_without_a_key_has_none_to_protect()
    {
        host.Delete("/etc/salt/pki/minion/minion.pem");
        await AssertAsync(SaltRules.KeysProtected, Outcome.NotApplicable, "has not made its key");
    }

    [Fact]
    public async Task A_test_is_no_applied_highstate_and_shows_drift()
    {
        Job("20261121100000000000", UbuntuHost.Now.AddHours(-2), SaltReturns.Of("state.apply", ["test=True"], ("file_|-motd_|-/etc/motd_|-managed", null, 1)));
        await AssertAsync(SaltRules.HighstateRecent, Outcome.Pass, "within 2d");
        await AssertAsync(SaltRules.DriftFree, Outcome.Fail, "1 of 1 states would change this host");
    }

    [Fact]
    public async Task A_failed_state_is_drift()
    {
        Job("20261121100000000000", UbuntuHost.Now.AddHours(-2), SaltReturns.Of("state.highstate", [], ("file_|-motd_|-/etc/motd_|-managed", false, 0), ("a_|-b_|-c_|-d", true, 0)));
        await AssertAsync(SaltRules.DriftFree, Outcome.Fail, "1 of 2 states failed in the highstate of 2026-11-21 10:00Z: file: motd");
    }

    [Theory]
    [InlineData("state.apply", "motd")]
    [InlineData("state.sls", "")]
    [InlineData("state.apply", "exclude=x")]
    [InlineData("test.ping", "")]
    [InlineData("state.highstate", "whitelist=motd")]
    public async Task A_part_of_the_states_is_no_highstate(string function, string argument)
    {
        host.Delete("/var/cache/salt/minion/minion_jobs/20261121060000000000/return.p");
        Job("20261118100000000000", UbuntuHost.Now.AddDays(-3), SaltReturns.Of("test.ping", []));
        Job("20261121100000000000", UbuntuHost.Now.AddHours(-2), SaltReturns.Of(function, argument.Length > 0 ? [argument] : [], ("a_|-b_|-c_|-d", true, 0)));
        await AssertAsync(SaltRules.HighstateRecent, Outcome.Fail, "no highstate is among the jobs since 2026-11-18");
        host.Delete("/var/cache/salt/minion/minion_jobs/20261118100000000000/return.p");
        Directory.Delete(host.Root + "/var/cache/salt/minion/minion_jobs/20261118100000000000");
        Directory.Delete(host.Root + "/var/cache/salt/minion/minion_jobs/20261121060000000000");
        await AssertAsync(SaltRules.HighstateRecent, Outcome.Unknown, "do not reach back");
    }

    /// <summary>Written by salt-call of Salt 3007.0: one state that changes something, one that does not, one that fails.</summary>
    [Theory]
    [InlineData("highstate", true, false, 1, "test: broken", "")]
    [InlineData("test", true, true, 1, "test: broken", "test: put right")]
    [InlineData("part", false, false, 1, "test: broken", "")]
    public void Returns_of_a_real_Salt_are_read(string name, bool isHighstate, bool isTest, int changed, string failed, string pending)
    {
        var result = SaltReturn.Parse(File.ReadAllBytes(Path.Combine(Hosts.Repository.Root, "tests/Ratchet.Agent.Tests/Checks/Salt/returns", name + ".p")));
        Assert.Equal(("state.apply", isHighstate, isTest, 3, changed), (result.Function, result.IsHighstate, result.IsTest, result.States, result.Changed));
        Assert.Equal(failed, string.Join(", ", result.Failed));
        Assert.Equal(pending, string.Join(", ", result.Pending));
    }

    [Fact]
    public void The_fingerprint_is_as_Salt_counts_it()
    {
        // printf 'MIIB\nAQAB\n' | sha256sum
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("MIIB\nAQAB\n"u8)), Finger.Replace(":", "", StringComparison.Ordinal));
        Assert.Matches("^([0-9a-f]{2}:){31}[0-9a-f]{2}$", Finger);
    }

    [Fact]
    public async Task An_old_highstate_fails_and_says_nothing_of_drift()
    {
        host.Delete("/var/cache/salt/minion/minion_jobs/20261121060000000000/return.p");
        Job("20261118100000000000", UbuntuHost.Now.AddDays(-3), SaltReturns.Of("state.highstate", [], ("a_|-b_|-c_|-d", true, 0)));
        await AssertAsync(SaltRules.HighstateRecent, Outcome.Fail, "longer ago than 2d");
        await AssertAsync(SaltRules.DriftFree, Outcome.Unknown, "what has changed since");
    }

    [Fact]
    public async Task States_that_did_not_render_are_no_highstate()
    {
        host.Delete("/var/cache/salt/minion/minion_jobs/20261121060000000000/return.p");
        Job("20261118100000000000", UbuntuHost.Now.AddDays(-3), SaltReturns.Of("test.ping", []));
        Job("20261121100000000000", UbuntuHost.Now.AddHours(-2), SaltReturns.Failed("state.apply", "Rendering SLS failed"));
        await AssertAsync(SaltRules.HighstateRecent, Outcome.Fail, "no highstate is among the jobs since 2026-11-18");
    }

    [Fact]
    public async Task Without_kept_returns_nothing_is_known()
    {
        Minion("master: x\n");
        Directory.Delete(host.Root + "/var/cache/salt", recursive: true);
        await AssertAsync(SaltRules.HighstateRecent, Outcome.Unknown, "cache_jobs");
        await AssertAsync(SaltRules.DriftFree, Outcome.Unknown, "cache_jobs");
    }

    [Fact]
    public async Task A_torn_return_hides_drift_and_not_that_a_highstate_ran()
    {
        var whole = SaltReturns.Of("state.apply", [], ("a_|-b_|-c_|-d", false, 0));
        Job("20261121100000000000", UbuntuHost.Now.AddHours(-2), whole[..^3]);
        await AssertAsync(SaltRules.DriftFree, Outcome.Unknown, "could not be read");
        await AssertAsync(SaltRules.HighstateRecent, Outcome.Pass, "");
    }

    [Theory]
    [InlineData("interface: 10.0.0.5\n", Outcome.Pass, "accepts no key by itself")]
    [InlineData("auto_accept: True\n", Outcome.Fail, "auto_accept")]
    [InlineData("auto_accept: \"True\"\n", Outcome.Pass, "")]
    [InlineData("open_mode: on\n", Outcome.Fail, "open_mode")]
    [InlineData("autosign_file: /etc/salt/autosign.conf\n", Outcome.Fail, "by the name that a minion gives itself")]
    [InlineData("publisher_acl:\n  ops:\n    - .*\n", Outcome.Fail, "publisher_acl")]
    [InlineData("publisher_acl:\n  ops:\n    - test.ping\n", Outcome.Pass, "")]
    [InlineData("external_auth:\n  pam:\n    thatch:\n      - 'web*':\n        - test.*\n      - '@wheel'\n", Outcome.Fail, "external_auth")]
    [InlineData("peer: {'.*': ['.*']}\n", Outcome.Fail, "peer")]
    [InlineData("file_recv: True\n", Outcome.Fail, "file_recv")]
    [InlineData("rest_cherrypy:\n  port: 8000\n  disable_ssl: true\n", Outcome.Fail, "without TLS")]
    [InlineData("publisher_acl: *x\n", Outcome.Unknown, "/etc/salt/master:1")]
    public async Task A_master_is_as_restricted_as_its_configuration(string text, object outcome, string words)
    {
        host.Write("/usr/bin/salt-master", "");
        host.Service("salt-master.service");
        host.Write("/etc/salt/autosign.conf", "# none\nweb*\n");
        host.Write("/etc/salt/master", text);
        await AssertAsync(SaltRules.MasterRestricted, (Outcome)outcome, words);
    }

    [Fact]
    public async Task The_keys_of_a_master_are_judged_beside_the_minions()
    {
        host.Write("/usr/bin/salt-master", "");
        host.Write("/etc/salt/master", "user: salt\n");
        host.MakeDirectory("/etc/salt/pki/master", "0700 salt:salt");
        host.Write("/etc/salt/pki/master/master.pem", "", "0400 salt:salt");
        await AssertAsync(SaltRules.KeysProtected, Outcome.Pass, "the keys of the master are salt's");
        host.List("/etc/salt/pki/master/master.pem", "0644 salt:salt");
        Assert.Equal("master", (await AssertAsync(SaltRules.KeysProtected, Outcome.Fail, "master.pem")).Subject);
    }
}
