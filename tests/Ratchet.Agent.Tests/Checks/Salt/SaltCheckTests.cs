using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Salt;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Checks.Ubuntu;

namespace Ratchet.Agent.Tests.Checks.Salt;

/// <summary>The minion: whether it runs, whom it obeys, what it lets be done, who can read its keys.</summary>
public sealed class SaltCheckTests : MinionHost
{
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
        Minion("cmd_blacklist_glob: ['*']\n");
        await AssertAsync(SaltRules.MinionConfigSafe, Outcome.Pass, "", policy);
    }

    /// <summary>The loader compares with the name of the file, cmdmod.py, and walks over a text letter by letter.</summary>
    [Theory]
    [InlineData("[cmdmod]", Outcome.Pass)]
    [InlineData("[cmd]", Outcome.Fail)]
    [InlineData("cmdmod", Outcome.Fail)]
    public async Task Commands_are_off_where_their_module_is_disabled_by_its_files_name(string modules, object outcome)
    {
        Minion($"disable_modules: {modules}\n");
        await AssertAsync(SaltRules.MinionConfigSafe, (Outcome)outcome, "", new SaltSettings { CommandBlacklist = ["rm *"] });
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
    public void The_fingerprint_is_as_Salt_counts_it()
    {
        // printf 'MIIB\nAQAB\n' | sha256sum
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("MIIB\nAQAB\n"u8)), Finger.Replace(":", "", StringComparison.Ordinal));
        Assert.Matches("^([0-9a-f]{2}:){31}[0-9a-f]{2}$", Finger);
    }
}
