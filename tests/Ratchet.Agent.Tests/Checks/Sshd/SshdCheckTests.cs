using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Sshd;

[Collection(RealSshd.Name)]
public sealed class SshdCheckTests
{
    const string Hardened = """
        PermitRootLogin no
        PasswordAuthentication no
        KbdInteractiveAuthentication no
        DisableForwarding yes
        MaxAuthTries 3
        LoginGraceTime 30
        AllowGroups ssh-users
        MACs hmac-sha2-512-etm@openssh.com
        HostKeyAlgorithms ssh-ed25519
        """;

    [SshdFact]
    public async Task A_hardened_daemon_passes_every_rule_on_its_settings()
    {
        using var host = new SshdHost(Hardened);
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
        using var host = new SshdHost($"Include FOLDER/d/*.conf\n{Hardened}");
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
        using var host = new SshdHost($"{Hardened}\nMatch User postgres\n  PermitRootLogin yes\n");
        Assert.Equal(Outcome.Pass, (await host.JudgeAsync("sshd.root-login")).Outcome);
    }

    [SshdFact]
    public async Task An_option_of_the_command_line_with_spaces_is_judged()
    {
        using var host = new SshdHost(Hardened, true, "-o", "AuthorizedKeysCommand=/bin/true %u %f", "-o", "AuthorizedKeysCommandUser=nobody", "-o", "MaxAuthTries=9");
        var findings = await SshdHost.CheckAsync();
        var tries = findings.Single(f => f.Rule.Id == "sshd.max-auth-tries" && f.Subject == host.Config);
        Assert.Equal(Outcome.Fail, tries.Outcome);
        Assert.Contains("(command line)", tries.Message, StringComparison.Ordinal);
        Assert.Contains(findings, f => f.Subject == "AuthorizedKeysCommand" && f.Outcome == Outcome.Unknown);
    }

    [SshdFact]
    public async Task A_match_on_the_local_port_counts_only_for_ports_that_it_listens_on()
    {
        using var host = new SshdHost($"{Hardened}\nMatch LocalPort 1\n  PermitRootLogin yes\n");
        Assert.Equal(Outcome.Pass, (await host.JudgeAsync("sshd.root-login")).Outcome);
        host.Write($"{Hardened}\nMatch LocalPort {host.Port}\n  PermitRootLogin yes\n");
        Assert.Equal(Outcome.Fail, (await host.JudgeAsync("sshd.root-login")).Outcome);
    }

    [SshdFact]
    public async Task A_change_that_was_not_reloaded_fails_until_the_reload()
    {
        using var host = new SshdHost(Hardened);
        await Task.Delay(50); // beyond the tick of the pid file
        host.Write(Hardened + "\nMaxSessions 3");
        var finding = await host.JudgeAsync("sshd.running-config-current");
        Assert.Equal(Outcome.Fail, finding.Outcome);
        Assert.Contains(host.Config, finding.Message, StringComparison.Ordinal);
        await Task.Delay(50);
        host.Reload();
        finding = await host.JudgeAsync("sshd.running-config-current");
        Assert.True(finding.Outcome == Outcome.Pass, finding.Message);
    }

    [SshdFact]
    public async Task A_change_hidden_behind_an_old_time_shows_in_the_key_exchange()
    {
        using var host = new SshdHost(Hardened);
        host.Write(Hardened + "\nCiphers aes256-ctr");
        SshdHost.Age(host.Config);
        // The kernel's own time tells that something happened, not what.
        Assert.Equal(Outcome.Unknown, (await host.JudgeAsync("sshd.running-config-current")).Outcome);
    }

    [SshdFact]
    public async Task A_daemon_that_offers_other_algorithms_than_its_files_say_fails()
    {
        using var host = new SshdHost(Hardened);
        host.Write(Hardened + "\nCiphers aes256-ctr");
        // Whoever sets the time of the pid file hides every change from a look at times.
        SshdHost.Run("/usr/bin/touch", "-d", "1 hour", $"{host.Folder}/sshd.pid");
        var finding = await host.JudgeAsync("sshd.running-config-current");
        Assert.Equal(Outcome.Fail, finding.Outcome);
        Assert.Contains("is offered, which ciphers does not hold", finding.Message, StringComparison.Ordinal);
    }

    [SshdFact]
    public async Task The_live_daemon_is_asked_once_and_again_only_after_a_change()
    {
        using var host = new SshdHost(Hardened);
        var check = new SshdCheck(new SshSettings());
        for (var i = 0; i < 5; i++) await SshdHost.CheckAsync(check);
        await host.WaitForAsync(log => log.Contains("[preauth]", StringComparison.Ordinal));
        Assert.Equal(1, host.Log.Split('\n').Count(line => line.Contains("[preauth]", StringComparison.Ordinal)));
    }

    [SshdFact]
    public async Task A_replaced_binary_fails_and_the_old_one_is_still_asked()
    {
        using var host = new SshdHost(Hardened, true, folder =>
        {
            File.Copy("/usr/sbin/sshd", $"{folder}/sshd");
            return [$"{folder}/sshd"];
        });
        File.Delete($"{host.Folder}/sshd");
        File.Copy("/usr/sbin/sshd", $"{host.Folder}/sshd");
        SshdHost.Run("/bin/chmod", "0755", host.Folder);
        var findings = (await SshdHost.CheckAsync()).Where(f => f.Subject == host.Config).ToArray();
        var running = findings.Single(f => f.Rule.Id == "sshd.running-config-current");
        Assert.Equal(Outcome.Fail, running.Outcome);
        Assert.Contains("the old binary still runs", running.Message, StringComparison.Ordinal);
        Assert.All(findings.Where(f => f != running), f => Assert.True(f.Outcome == Outcome.Pass, $"{f.Rule.Id}: {f.Message}"));
    }

    [SshdFact]
    public async Task A_program_that_others_can_write_is_not_run()
    {
        using var host = new SshdHost(Hardened, true, folder =>
        {
            File.Copy("/usr/sbin/sshd", $"{folder}/sshd");
            return [$"{folder}/sshd"];
        });
        SshdHost.Run("/bin/chmod", "0777", $"{host.Folder}/sshd");
        var findings = (await SshdHost.CheckAsync()).Where(f => f.Message.Contains(host.Folder, StringComparison.Ordinal)).ToArray();
        Assert.Equal(SshdRules.All.Count, findings.Length);
        Assert.All(findings, f => Assert.Equal(Outcome.Unknown, f.Outcome));
        Assert.All(findings, f => Assert.Contains("can be written by others than root", f.Message, StringComparison.Ordinal));
    }

    [SshdFact]
    public async Task What_another_user_calls_sshd_is_not_run()
    {
        using var host = new SshdHost(Hardened, start: false);
        File.Copy("/usr/bin/sleep", $"{host.Folder}/sshd");
        SshdHost.Run("/bin/chmod", "-R", "0755", host.Folder);
        var title = $"sshd: {host.Folder}/sshd -D -f {host.Config} [listener] 0 of 10-100 startups";
        using var spoof = System.Diagnostics.Process.Start("/usr/bin/setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "/bin/bash", "-c", "exec -a \"$0\" \"$1\" 60", title, $"{host.Folder}/sshd"]);
        try
        {
            while (!File.ReadAllText($"/proc/{spoof.Id}/cmdline").StartsWith(title, StringComparison.Ordinal)) await Task.Delay(10);
            Assert.DoesNotContain(await SshdHost.CheckAsync(), f => f.Subject.Contains(host.Folder, StringComparison.Ordinal) || f.Message.Contains(host.Folder, StringComparison.Ordinal));
        }
        finally
        {
            spoof.Kill();
        }
    }

    [SshdFact]
    public async Task A_daemon_in_another_network_namespace_is_judged_but_not_asked()
    {
        var name = $"ratchet-{Environment.ProcessId}";
        SshdHost.Run("/usr/sbin/ip", "netns", "add", name);
        try
        {
            SshdHost.Run("/usr/sbin/ip", "-n", name, "link", "set", "lo", "up");
            using var host = new SshdHost(Hardened, true, _ => ["/usr/sbin/ip", "netns", "exec", name, "/usr/sbin/sshd"]);
            Assert.Equal(Outcome.Pass, (await host.JudgeAsync("sshd.root-login")).Outcome);
            var running = await host.JudgeAsync("sshd.running-config-current");
            Assert.Equal(Outcome.Unknown, running.Outcome);
            Assert.Contains("another network namespace", running.Message, StringComparison.Ordinal);
        }
        finally
        {
            SshdHost.Run("/usr/sbin/ip", "netns", "del", name);
        }
    }

    [SshdFact]
    [Shows("sshd.config-valid", Outcome.Unknown)]
    public async Task A_daemon_that_sees_other_files_does_not_stand_for_the_hosts_own()
    {
        const string become = "cp $0/sshd_config $0/other && mount --bind $0/other $0/sshd_config && exec /usr/sbin/sshd \"$@\"";
        using var host = new SshdHost(Hardened, true, folder => ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", become, folder]);
        var findings = await SshdHost.CheckAsync();
        Assert.All(findings.Where(f => f.Subject == host.Config + " (elsewhere)"), f => Assert.Equal(Outcome.Unknown, f.Outcome));
        Assert.Contains(findings, f => f.Subject == host.Config + " (elsewhere)");
        Assert.Contains(findings, f => f.Subject == "/etc/ssh/sshd_config" && f.Rule.Id == "sshd.config-valid" && f.Outcome == Outcome.Pass);
    }

    [SshdFact]
    public async Task An_included_file_that_was_removed_makes_the_running_daemon_uncertain()
    {
        using var host = new SshdHost($"Include FOLDER/*.conf\n{Hardened}");
        Assert.Equal(Outcome.Pass, (await host.JudgeAsync("sshd.running-config-current")).Outcome);
        File.WriteAllText($"{host.Folder}/x.conf", "MaxSessions 3\n");
        File.Delete($"{host.Folder}/x.conf");
        Assert.Equal(Outcome.Unknown, (await host.JudgeAsync("sshd.running-config-current")).Outcome);
    }

    [SshdFact]
    public async Task Host_keys_that_others_can_read_keep_sshd_from_starting_again()
    {
        using var host = new SshdHost(Hardened);
        SshdHost.Run("/bin/chmod", "0644", host.HostKey);
        var valid = await host.JudgeAsync("sshd.config-valid");
        Assert.Equal(Outcome.Fail, valid.Outcome);
        Assert.Contains("ignores them all", valid.Message, StringComparison.Ordinal);
    }

    [SshdFact]
    public async Task A_configuration_that_sshd_refuses_fails_with_the_message_of_sshd()
    {
        using var host = new SshdHost(Hardened);
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
        using var host = new SshdHost($"{Hardened}\nMatch User postgres\n  X11Forwarding yes\n");
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
        host.Write($"{Hardened}\nMatch User postgres\n  X11Forwarding no\n");
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
