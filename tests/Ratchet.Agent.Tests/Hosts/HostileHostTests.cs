using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Hosts;

/// <summary>
/// Recorded hosts on which one file is hostile: as long as a disk, a pipe, or full of lines. The check that reads it says so or comes
/// to its end; what all others say is, to the letter, what they say of the host without it, in the same sweep.
/// </summary>
public sealed class HostileHostTests : IDisposable
{
    const long Gigabyte = 1L << 30;

    readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, string, string, string> Files => new()
    {
        { "tomcat-weak", "etc/tomcat10/server.xml", "tomcat", "tomcat.ajp-protected" },
        { "tomcat-weak", "etc/tomcat10/tomcat-users.xml", "tomcat", "tomcat.users-safe" },
        { "tomcat-weak", "etc/tomcat10/catalina.properties", "tomcat", "tomcat.ajp-protected" },
        { "postgres-weak", "etc/postgresql/14/main/pg_hba.conf", "postgresql", "postgresql.hba-encrypted" },
        { "access-weak", "etc/sudoers", "access", "access.least-privilege" },
        { "access-weak", "home/acme/.ssh/authorized_keys", "sshd access", "sshd.authorized-keys" },
        { "salt-master", "etc/salt/minion.d/site.conf", "salt", "salt.master-pinned" },
        { "salt-master", "etc/rsyslog.d/60-forward.conf", "ubuntu", "ubuntu.audit-logged" },
        { "salt-master", "etc/apt/apt.conf.d/50unattended-upgrades", "ubuntu", "ubuntu.unattended-upgrades" },
        { "ossec-agent-02-running-connected", "var/ossec/etc/client.keys", "ossec", "ossec.keys-valid" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_file_of_a_gigabyte_is_unknown_by_name_and_changes_no_other_verdict(string host, string file, string areas, string rule) =>
        await AssertRefusedAsync(host, file, areas, rule, path => Grow(path, Gigabyte), "1073741824 bytes");

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_pipe_in_the_place_of_a_file_is_unknown_by_name_and_changes_no_other_verdict(string host, string file, string areas, string rule) =>
        await AssertRefusedAsync(host, file, areas, rule, path =>
        {
            File.Delete(path);
            Programs.Run("mkfifo", path);
        }, "fifo");

    [Fact]
    public async Task Ten_thousand_lines_of_pg_hba_are_judged()
    {
        var findings = await AssertOthersSayTheSameAsync("postgres-weak", "postgresql", root =>
        {
            var lines = Enumerable.Range(0, 10_000).Select(i => $"host app{i % 50} user{i % 300} 10.{i / 250}.{i % 250}.0/24 md5");
            File.WriteAllLines($"{root}/etc/postgresql/14/main/pg_hba.conf", lines);
        });
        foreach (var f in findings) Console.WriteLine($"XX {f.Rule.Id} {f.Outcome} {f.Message}");
    }

    [Fact]
    public async Task Five_thousand_authorized_keys()
    {
        var findings = await AssertOthersSayTheSameAsync("access-weak", "sshd access", root =>
        {
            var line = File.ReadAllLines($"{root}/home/acme/.ssh/authorized_keys")[0];
            File.WriteAllLines($"{root}/home/acme/.ssh/authorized_keys", Enumerable.Repeat(line, 5000));
        });
        foreach (var f in findings.Where(f=>f.Message.Contains("acme"))) Console.WriteLine($"XX {f.Rule.Id} {f.Outcome} {f.Message}");
    }

    [Fact]
    public async Task Ten_thousand_lines_of_sudoers()
    {
        var findings = await AssertOthersSayTheSameAsync("access-weak", "access", root =>
            File.AppendAllLines($"{root}/etc/sudoers", Enumerable.Range(0, 10_000).Select(i => $"u{i} ALL = (root) NOPASSWD: /usr/bin/x{i}, /usr/bin/y{i}")));
        foreach (var f in findings.Where(f=>f.Rule.Id.Contains("least"))) Console.WriteLine($"XX {f.Rule.Id} {f.Outcome} {f.Message}");
    }

    [Fact]
    public async Task Logins_of_gigabytes()
    {
        var findings = await AssertOthersSayTheSameAsync("access-weak", "access", root =>
        {
            foreach (var name in new[] { "wtmp", "wtmp.1", "lastlog" }) { File.WriteAllText($"{root}/var/log/{name}", ""); Grow($"{root}/var/log/{name}", 5 * Gigabyte); }
        });
        foreach (var f in findings.Where(f=>f.Rule.Id.Contains("inactive"))) Console.WriteLine($"XX {f.Rule.Id} {f.Outcome} {f.Message}");
    }

    [Fact]
    public async Task Apt_lists()
    {
        var findings = await AssertOthersSayTheSameAsync("salt-master", "ubuntu", root => Grow(Directory.GetFiles($"{root}/var/lib/apt/lists", "*_Packages")[0], Gigabyte / 2));
        foreach (var f in findings) Console.WriteLine($"XX {f.Rule.Id} {f.Outcome} {f.Message}");
    }

    [Fact]
    public async Task Dpkg_status()
    {
        var findings = await AssertOthersSayTheSameAsync("salt-master", "ubuntu", root => Grow($"{root}/var/lib/dpkg/status", 4*Gigabyte));
        foreach (var f in findings) Console.WriteLine($"XX {f.Rule.Id} {f.Outcome} {f.Message}");
    }

    [Fact]
    public async Task Salt_jobs()
    {
        var findings = await AssertOthersSayTheSameAsync("salt-master", "salt", root =>
        {
            var jobs = $"{root}/var/cache/salt/minion/minion_jobs";
            var good = Directory.GetDirectories(jobs)[0] + "/return.p";
            for (var i = 0; i < 10_000; i++) { Directory.CreateDirectory($"{jobs}/20271120030000{i:000000}"); File.Copy(good, $"{jobs}/20271120030000{i:000000}/return.p"); if (i > 9000) { File.WriteAllBytes($"{jobs}/20271120030000{i:000000}/return.p", [0x81, 0xc6, 0, 0x90, 0, 0]); Grow($"{jobs}/20271120030000{i:000000}/return.p", 10 << 20); } }
        });
        foreach (var f in findings) Console.WriteLine($"XX {f.Rule.Id} {f.Outcome} {f.Message}");
    }

    [Fact]
    public async Task Ossec_log()
    {
        var findings = await AssertOthersSayTheSameAsync("ossec-agent-02-running-connected", "ossec", root => Grow($"{root}/var/ossec/logs/ossec.log", 5 * Gigabyte));
        foreach (var f in findings) Console.WriteLine($"XX {f.Rule.Id} {f.Outcome} {f.Message}");
    }

    [Fact]
    public async Task Processes()
    {
        var findings = await AssertOthersSayTheSameAsync("tomcat-weak", "none", root =>
        {
            for (var i = 10_000; i < 15_000; i++) Programs.Run("cp", "-a", $"{root}/proc/1", $"{root}/proc/{i}");
        });
    }

    async Task AssertRefusedAsync(string host, string file, string areas, string rule, Action<string> plant, string reason)
    {
        var findings = await AssertOthersSayTheSameAsync(host, areas, root => plant($"{root}/{file}"));
        Assert.Contains(findings, finding => finding.Rule.Id == rule && finding.Outcome == Outcome.Unknown && finding.Message.Contains(Path.GetFileName(file), StringComparison.Ordinal) && finding.Message.Contains(reason, StringComparison.Ordinal));
    }

    /// <summary>Plants something in a copy of a recorded host; returns what the areas concerned say then.</summary>
    async Task<IReadOnlyList<Finding>> AssertOthersSayTheSameAsync(string host, string areas, Action<string> plant, RunCommand? run = null)
    {
        Programs.Run("cp", "-a", Path.Combine(Repository.Root, "tests/hosts", host), folder[host]);
        var before = await SweepAsync(folder[host]);
        plant(folder[$"{host}/root"]);
        for (var i=0;i<2;i++) await SweepAsync(folder[host]);
        var after = await SweepAsync(folder[host]);
        var concerned = areas.Split(' ');
        Assert.Equal(Others(before), Others(after));
        return [.. after.Where(finding => concerned.Contains(finding.Rule.Area))];

        IEnumerable<string> Others(IReadOnlyList<Finding> findings) =>
            findings.Where(finding => !concerned.Contains(finding.Rule.Area)).Select(finding => $"{finding.Rule.Id} {finding.Outcome} {finding.Subject}: {finding.Message}");
    }

    static async Task<IReadOnlyList<Finding>> SweepAsync(string directory)
    {
        var settings = SettingsFile.Load(Path.Combine(directory, "agent.json"), new Dictionary<string, string>()).Settings;
        var runs = await new Sweep(Recording.Open(directory), TimeSpan.FromSeconds(30), new Waivers(settings.Waivers)).RunAsync(Program.NewChecks(settings), CancellationToken.None);
        foreach (var run in runs) if (run.Duration > TimeSpan.FromMilliseconds(200)) Console.WriteLine($"XX {directory} {run.Check.Rules[0].Area} {run.Duration.TotalMilliseconds}");
        return [.. runs.SelectMany(run => run.Findings)];
    }

    static void Grow(string path, long size)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(size);
    }
}
