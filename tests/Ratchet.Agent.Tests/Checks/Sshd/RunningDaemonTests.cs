using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Sshd;

/// <summary>A real sshd against its files: what was not reloaded, replaced, or is not the one that the files are of.</summary>
[Collection(RealSshd.Name)]
public sealed class RunningDaemonTests
{
    [SshdFact]
    public async Task A_change_that_was_not_reloaded_fails_until_the_reload()
    {
        using var host = new SshdHost(SshdHost.Hardened);
        await Task.Delay(50); // beyond the tick of the pid file
        host.Write(SshdHost.Hardened + "\nMaxSessions 3");
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
        using var host = new SshdHost(SshdHost.Hardened);
        host.Write(SshdHost.Hardened + "\nCiphers aes256-ctr");
        SshdHost.Age(host.Config);
        // The kernel's own time tells that something happened, not what.
        Assert.Equal(Outcome.Unknown, (await host.JudgeAsync("sshd.running-config-current")).Outcome);
    }

    [SshdFact]
    public async Task A_daemon_that_offers_other_algorithms_than_its_files_say_fails()
    {
        using var host = new SshdHost(SshdHost.Hardened);
        host.Write(SshdHost.Hardened + "\nCiphers aes256-ctr");
        // Whoever sets the time of the pid file hides every change from a look at times.
        SshdHost.Run("/usr/bin/touch", "-d", "1 hour", $"{host.Folder}/sshd.pid");
        var finding = await host.JudgeAsync("sshd.running-config-current");
        Assert.Equal(Outcome.Fail, finding.Outcome);
        Assert.Contains("is offered, which ciphers does not hold", finding.Message, StringComparison.Ordinal);
    }

    [SshdFact]
    public async Task The_live_daemon_is_asked_once_and_again_only_after_a_change()
    {
        using var host = new SshdHost(SshdHost.Hardened);
        var check = new SshdCheck(new SshSettings());
        for (var i = 0; i < 5; i++) await SshdHost.CheckAsync(check);
        await host.WaitForAsync(log => log.Contains("[preauth]", StringComparison.Ordinal));
        Assert.Equal(1, host.Log.Split('\n').Count(line => line.Contains("[preauth]", StringComparison.Ordinal)));
    }

    [SshdFact]
    public async Task A_replaced_binary_fails_and_the_old_one_is_still_asked()
    {
        using var host = new SshdHost(SshdHost.Hardened, true, folder =>
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
        using var host = new SshdHost(SshdHost.Hardened, true, folder =>
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
        using var host = new SshdHost(SshdHost.Hardened, start: false);
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
            using var host = new SshdHost(SshdHost.Hardened, true, _ => ["/usr/sbin/ip", "netns", "exec", name, "/usr/sbin/sshd"]);
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
        using var host = new SshdHost(SshdHost.Hardened, true, folder => ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", become, folder]);
        var findings = await SshdHost.CheckAsync();
        Assert.All(findings.Where(f => f.Subject == host.Config + " (elsewhere)"), f => Assert.Equal(Outcome.Unknown, f.Outcome));
        Assert.Contains(findings, f => f.Subject == host.Config + " (elsewhere)");
        Assert.Contains(findings, f => f.Subject == "/etc/ssh/sshd_config" && f.Rule.Id == "sshd.config-valid" && f.Outcome == Outcome.Pass);
    }

    [SshdFact]
    public async Task An_included_file_that_was_removed_makes_the_running_daemon_uncertain()
    {
        using var host = new SshdHost($"Include FOLDER/*.conf\n{SshdHost.Hardened}");
        Assert.Equal(Outcome.Pass, (await host.JudgeAsync("sshd.running-config-current")).Outcome);
        File.WriteAllText($"{host.Folder}/x.conf", "MaxSessions 3\n");
        File.Delete($"{host.Folder}/x.conf");
        Assert.Equal(Outcome.Unknown, (await host.JudgeAsync("sshd.running-config-current")).Outcome);
    }

    [SshdTheory]
    [InlineData("Include FOLDER/ssh/local.conf", "ssh/local.conf", "rm local.conf")]
    [InlineData("Include FOLDER/ssh/site.d/*.conf", "ssh/site.d/a.conf", "rm -r site.d")]
    [InlineData("Include FOLDER/ssh/sites/b.d/*.conf", "ssh/sites/b.d/a.conf", "rm -r sites")]
    [InlineData("Include FOLDER/ssh/*.d/a.conf", "ssh/site.d/a.conf", "rm -r site.d")]
    [InlineData("Include FOLDER/ssh/*.d/*.conf", "ssh/site.d/a.conf", "rm site.d/a.conf")]
    public async Task An_include_that_is_gone_makes_the_running_daemon_uncertain(string include, string file, string remove)
    {
        using var host = new SshdHost(SshdHost.Hardened);
        var path = Path.Combine(host.Folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "MaxSessions 3\n");
        host.Write($"{include}\n{SshdHost.Hardened}");
        await Task.Delay(50); // beyond the tick of the pid file
        host.Reload();
        await Task.Delay(50);
        Assert.Equal(Outcome.Pass, (await host.JudgeAsync("sshd.running-config-current")).Outcome);
        SshdHost.Run("/bin/sh", "-c", $"cd {host.Folder}/ssh && {remove}");
        var finding = await host.JudgeAsync("sshd.running-config-current");
        Assert.True(finding.Outcome == Outcome.Unknown, finding.Message);
        Assert.Contains($"{host.Folder}/ssh", finding.Message, StringComparison.Ordinal);
        await Task.Delay(50);
        host.Reload();
        await Task.Delay(50);
        Assert.Equal(Outcome.Pass, (await host.JudgeAsync("sshd.running-config-current")).Outcome);
    }

    [SshdFact]
    public async Task A_change_beside_an_include_that_is_there_says_nothing()
    {
        using var host = new SshdHost(SshdHost.Hardened);
        Directory.CreateDirectory($"{host.Folder}/ssh/site.d");
        foreach (var file in new[] { "local.conf", "site.d/a.conf" }) File.WriteAllText($"{host.Folder}/ssh/{file}", "MaxSessions 3\n");
        host.Write($"Include {host.Folder}/ssh/local.conf {host.Folder}/ssh/site.d/*.conf\n{SshdHost.Hardened}");
        await Task.Delay(50);
        host.Reload();
        await Task.Delay(50);
        File.WriteAllText($"{host.Folder}/ssh/other", "");
        Assert.Equal(Outcome.Pass, (await host.JudgeAsync("sshd.running-config-current")).Outcome);
    }
}
