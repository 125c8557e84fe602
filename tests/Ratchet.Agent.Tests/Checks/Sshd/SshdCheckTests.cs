using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Checks.Sshd;

[Collection(RealSshd.Name)]
public sealed class SshdCheckTests
{
    [SshdFact]
    public async Task A_hardened_daemon_passes_every_rule_on_its_settings()
    {
        using var host = new SshdHost(SshdHost.Hardened);
        var findings = (await SshdHost.CheckAsync()).Where(f => f.Subject == host.Config || f.Subject == host.HostKey).ToArray();
        Assert.Equal(SshdRules.All.Count - 1, findings.Length); // authorized-keys is about accounts
        Assert.All(findings, f => Assert.True(f.Outcome == Outcome.Pass, $"{f.Rule.Id}: {f.Message}"));
    }

    [SshdFact]
    public async Task The_defaults_of_OpenSSH_fail_where_the_policy_is_stricter()
    {
        using var host = new SshdHost("");
        var findings = await SshdHost.CheckAsync();
        string[] failing = [.. findings.Where(f => f.Subject == host.Config && f.Outcome == Outcome.Fail).Select(f => f.Rule.Id).Order()];
        Assert.Equal(["sshd.allowed-groups", "sshd.forwarding", "sshd.keyboard-interactive", "sshd.login-grace", "sshd.macs", "sshd.max-auth-tries", "sshd.password-login", "sshd.root-login"], failing);
    }

    [SshdFact]
    public async Task A_match_block_in_a_drop_in_is_found_with_its_file_and_line()
    {
        using var host = new SshdHost($"Include FOLDER/d/*.conf\n{SshdHost.Hardened}");
        Directory.CreateDirectory($"{host.Folder}/d");
        File.WriteAllText($"{host.Folder}/d/10.conf", "Match User postgres Address 10.0.0.0/8,!10.1.0.0/16\n  PasswordAuthentication yes\n");
        var finding = await host.JudgeAsync("sshd.password-login");
        Assert.Equal(Outcome.Fail, finding.Outcome);
        Assert.Contains("postgres from 10.", finding.Message, StringComparison.Ordinal);
        Assert.Contains($"{host.Folder}/d/10.conf:2", finding.Message, StringComparison.Ordinal);
    }

    [SshdFact]
    public async Task Root_login_in_a_block_for_another_user_lets_no_root_in()
    {
        using var host = new SshdHost($"{SshdHost.Hardened}\nMatch User postgres\n  PermitRootLogin yes\n");
        Assert.Equal(Outcome.Pass, (await host.JudgeAsync("sshd.root-login")).Outcome);
    }

    [SshdFact]
    public async Task An_option_of_the_command_line_with_spaces_is_judged()
    {
        using var host = new SshdHost(SshdHost.Hardened, true, "-o", "AuthorizedKeysCommand=/bin/true %u %f", "-o", "AuthorizedKeysCommandUser=nobody", "-o", "MaxAuthTries=9");
        var findings = await SshdHost.CheckAsync();
        var tries = findings.Single(f => f.Rule.Id == "sshd.max-auth-tries" && f.Subject == host.Config);
        Assert.Equal(Outcome.Fail, tries.Outcome);
        Assert.Contains("(command line)", tries.Message, StringComparison.Ordinal);
        Assert.Contains(findings, f => f.Subject == "AuthorizedKeysCommand" && f.Outcome == Outcome.Unknown);
    }

    [SshdFact]
    public async Task A_match_on_the_local_port_counts_only_for_ports_that_it_listens_on()
    {
        using var host = new SshdHost($"{SshdHost.Hardened}\nMatch LocalPort 1\n  PermitRootLogin yes\n");
        Assert.Equal(Outcome.Pass, (await host.JudgeAsync("sshd.root-login")).Outcome);
        host.Write($"{SshdHost.Hardened}\nMatch LocalPort {host.Port}\n  PermitRootLogin yes\n");
        Assert.Equal(Outcome.Fail, (await host.JudgeAsync("sshd.root-login")).Outcome);
    }

    [SshdFact]
    public async Task Host_keys_that_others_can_read_keep_sshd_from_starting_again()
    {
        using var host = new SshdHost(SshdHost.Hardened);
        SshdHost.Run("/bin/chmod", "0644", host.HostKey);
        var valid = await host.JudgeAsync("sshd.config-valid");
        Assert.Equal(Outcome.Fail, valid.Outcome);
        Assert.Contains("ignores them all", valid.Message, StringComparison.Ordinal);
    }

    [SshdFact]
    public async Task A_configuration_that_sshd_refuses_fails_with_the_message_of_sshd()
    {
        using var host = new SshdHost(SshdHost.Hardened);
        host.Write("Hardened yes");
        var findings = (await SshdHost.CheckAsync()).Where(f => f.Subject == host.Config).ToArray();
        var valid = findings.Single(f => f.Rule.Id == "sshd.config-valid");
        Assert.Equal(Outcome.Fail, valid.Outcome);
        Assert.Contains("Bad configuration option: Hardened", valid.Message, StringComparison.Ordinal);
        Assert.All(findings.Where(f => f.Rule.Id is not "sshd.config-valid" and not "sshd.running-config-current"), f => Assert.Equal(Outcome.Unknown, f.Outcome));
    }

    [SshdFact]
    public async Task Without_a_daemon_the_next_start_is_judged_and_nothing_is_created()
    {
        var existed = Directory.Exists("/run/sshd");
        var findings = await new SshdCheck(new SshSettings()).RunAsync(SshdHost.Machine(), CancellationToken.None);
        Assert.Contains(findings, f => f.Subject == "/etc/ssh/sshd_config" && f.Rule.Id == "sshd.config-valid" && f.Outcome == Outcome.Pass);
        Assert.Equal(existed, Directory.Exists("/run/sshd"));
    }

    [SshdFact]
    public async Task An_unchanged_host_is_not_asked_twice()
    {
        using var host = new SshdHost($"{SshdHost.Hardened}\nMatch User postgres\n  X11Forwarding yes\n");
        var started = 0;
        var machine = new Machine("/", (program, arguments, cancel) =>
        {
            Interlocked.Increment(ref started);
            return Command.RunAsync(program, arguments, cancel);
        });
        var check = new SshdCheck(new SshSettings());
        await SshdHost.CheckAsync(check, machine);
        Assert.Equal(2, started);
        await SshdHost.CheckAsync(check, machine);
        await SshdHost.CheckAsync(check, machine);
        Assert.Equal(2, started);
        host.Write($"{SshdHost.Hardened}\nMatch User postgres\n  X11Forwarding no\n");
        await SshdHost.CheckAsync(check, machine);
        Assert.Equal(4, started);
    }

    [SshdFact]
    public async Task A_host_without_sshd_is_not_applicable_in_every_rule()
    {
        var folder = Directory.CreateTempSubdirectory("ratchet-sshd-");
        try
        {
            var findings = await new SshdCheck(new SshSettings()).RunAsync(Recording.Open(folder.FullName), CancellationToken.None);
            Assert.Equal(SshdRules.All.Count, findings.Count);
            Assert.All(findings, f => Assert.Equal((Outcome.NotApplicable, "sshd"), (f.Outcome, f.Subject)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
