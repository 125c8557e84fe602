using System.Buffers.Binary;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Salt;
using Ratchet.Agent.Checks.Ubuntu;
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
        { "salt-master-weak", "etc/salt/minion.d/site.conf", "salt", "salt.master-pinned" },
        { "salt-master-weak", "etc/rsyslog.d/60-forward.conf", "ubuntu", "ubuntu.audit-logged" },
        { "salt-master-weak", "etc/apt/apt.conf.d/50unattended-upgrades", "ubuntu", "ubuntu.unattended-upgrades" },
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
            File.WriteAllLines($"{root}/etc/postgresql/14/main/pg_hba.conf", Enumerable.Range(0, 10_000).Select(i => $"host app{i % 50} user{i % 300} 10.{i / 250}.{i % 250}.0/24 md5"));
            var recorded = File.ReadAllLines($"{root}/../commands.txt").Where(line => !line.StartsWith("> hba,", StringComparison.Ordinal)).ToList();
            recorded.InsertRange(2, Enumerable.Range(1, 10_000).Select(i => $"> hba,,{i},host,md5,false,"));
            File.WriteAllLines($"{root}/../commands.txt", recorded);
        });
        Assert.Contains(findings, finding => finding.Rule.Id == "postgresql.hba-encrypted" && finding.Outcome == Outcome.Fail);
    }

    [Fact]
    public async Task A_psql_that_gives_no_answer_is_unknown()
    {
        var findings = await AssertOthersSayTheSameAsync("postgres-weak", "postgresql access", root => File.WriteAllText($"{root}/../commands.txt", "$ none\n"));
        Assert.Contains(findings, finding => finding.Rule.Id == "postgresql.sessions-encrypted" && finding.Outcome == Outcome.Unknown && finding.Message.Contains("psql", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Five_thousand_authorized_keys_are_more_than_are_read()
    {
        var findings = await AssertOthersSayTheSameAsync("access-weak", "sshd access", root =>
        {
            var file = $"{root}/home/acme/.ssh/authorized_keys";
            File.WriteAllLines(file, Enumerable.Repeat(File.ReadAllLines(file)[0], 5000));
        });
        Assert.Contains(findings, finding => finding.Rule.Id == "sshd.authorized-keys" && finding.Subject == "acme" && finding.Outcome == Outcome.Unknown && finding.Message.Contains("more than the 262144 that are read", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ten_thousand_lines_of_sudoers_are_judged()
    {
        var findings = await AssertOthersSayTheSameAsync("access-weak", "access", root =>
            File.AppendAllLines($"{root}/etc/sudoers", Enumerable.Range(0, 10_000).Select(i => $"u{i} ALL = (root) NOPASSWD: /usr/bin/x{i}, /usr/bin/y{i}").Append("gone ALL = ALL")));
        Assert.Contains(findings, finding => finding.Rule.Id == "access.least-privilege" && finding.Outcome == Outcome.Pass);
        Assert.DoesNotContain(findings, finding => finding.Rule.Id == "access.least-privilege" && finding.Outcome == Outcome.Unknown);
    }

    [Fact]
    public async Task Logs_of_logins_as_long_as_a_disk_change_nothing()
    {
        var findings = await AssertOthersSayTheSameAsync("access-weak", "none", root =>
        {
            foreach (var name in new[] { "wtmp", "wtmp.1", "lastlog" }) Grow($"{root}/var/log/{name}", 5 * Gigabyte);
        });
        Assert.Empty(findings);
    }

    [Fact]
    public async Task A_list_of_apt_of_half_a_gigabyte_is_unknown()
    {
        var findings = await AssertOthersSayTheSameAsync("salt-master-weak", "ubuntu", root => Grow(Directory.GetFiles($"{root}/var/lib/apt/lists", "*_Packages")[0], Gigabyte / 2 - 1));
        Assert.Contains(findings, finding => finding.Rule.Id == "ubuntu.security-updates" && finding.Outcome == Outcome.Unknown && finding.Message.EndsWith("_Packages: is cut off", StringComparison.Ordinal));
        Assert.Contains(findings, finding => finding.Rule.Id == "ubuntu.audit-logged" && finding.Outcome == Outcome.Fail);
    }

    [Fact]
    public void A_status_of_dpkg_without_end_is_read_to_its_limit_and_only_once()
    {
        folder.Write("root/var/lib/dpkg/status", "");
        Grow(folder["root/var/lib/dpkg/status"], 4 * Gigabyte);
        // Its times and its size stay the same by this list.
        var statuses = new Dictionary<string, FileStatus> { ["/var/lib/dpkg/status"] = new(FileKind.Regular, 0b110_100_100, 0, 0, 4 * Gigabyte, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, 1) };
        var machine = new Machine(folder["root"], (_, _, _) => throw new CommandException("none"), recorded: statuses);
        var survey = new AptSurvey();
        const string reason = "/var/lib/dpkg/status: has more than the 134217728 bytes that are read";

        Assert.Equal(reason, Assert.Throws<FormatException>(() => survey.Look(machine, "noble")).Message);
        File.WriteAllText(folder["root/var/lib/dpkg/status"], "Package: x\n\n");
        Assert.Equal(reason, Assert.Throws<FormatException>(() => survey.Look(machine, "noble")).Message);
        // The same file, by its times not the same.
        statuses["/var/lib/dpkg/status"] = statuses["/var/lib/dpkg/status"] with { Changed = DateTimeOffset.UnixEpoch.AddDays(1) };
        Assert.Empty(survey.Look(machine, "noble").Kernels);
    }

    [Fact]
    public async Task A_log_of_ossec_as_long_as_a_disk_makes_the_scans_unknown()
    {
        var findings = await AssertOthersSayTheSameAsync("ossec-agent-02-running-connected", "ossec", root => Grow($"{root}/var/ossec/logs/ossec.log", 5 * Gigabyte));
        Assert.Contains(findings, finding => finding.Rule.Id == "ossec.syscheck-recent" && finding.Outcome == Outcome.Unknown);
        Assert.Contains(findings, finding => finding.Rule.Id == "ossec.daemons-running" && finding.Outcome == Outcome.Pass);
    }

    [Fact]
    public async Task Ten_thousand_jobs_of_Salt_are_gone_through_in_pieces()
    {
        const int huge = 8 << 20;
        var jobs = "var/cache/salt/minion/minion_jobs";
        Programs.Run("cp", "-a", Path.Combine(Repository.Root, "tests/hosts/salt-master-weak"), folder["host"]);
        var good = Directory.GetDirectories(folder[$"host/root/{jobs}"])[0] + "/return.p";
        for (var i = 0; i < 10_000; i++)
        {
            // The newest are of a command whose output has 8 MiB.
            var file = folder[$"host/root/{jobs}/20261121{i:000000000000}/return.p"];
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            if (i < 9_990) File.Copy(good, file);
            else File.WriteAllBytes(file, CommandReturn(huge));
        }
        var check = new SaltCheck(new SaltSettings());
        var outcomes = new List<Outcome>();
        for (var sweep = 0; sweep < 4; sweep++)
            outcomes.Add((await check.RunAsync(Recording.Open(folder["host"]), default)).Single(finding => finding.Rule.Id == "salt.drift-free").Outcome);

        // 32 MiB in one look: ten returns take three, and what they said is remembered.
        Assert.Equal([Outcome.Unknown, Outcome.Unknown, Outcome.Fail, Outcome.Fail], outcomes);
    }

    [Fact]
    public async Task Five_thousand_processes_change_no_verdict()
    {
        await AssertOthersSayTheSameAsync("tomcat-weak", "none", root =>
        {
            foreach (var id in Enumerable.Range(10_000, 5_000))
            {
                var directory = Directory.CreateDirectory($"{root}/proc/{id}").FullName;
                foreach (var file in Directory.GetFiles($"{root}/proc/1").Where(file => new FileInfo(file).LinkTarget is null)) File.Copy(file, $"{directory}/{Path.GetFileName(file)}");
            }
        });
    }

    /// <summary>MessagePack: a map of <c>fun</c> and <c>return</c>, the latter a text of some bytes.</summary>
    static byte[] CommandReturn(int size)
    {
        byte[] head = [0x82, 0xa3, .. "fun"u8, 0xa7, .. "cmd.run"u8, 0xa6, .. "return"u8, 0xdb, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(^4..), size);
        var file = new byte[head.Length + size];
        head.CopyTo(file, 0);
        file.AsSpan(head.Length).Fill((byte)'x');
        return file;
    }

    async Task AssertRefusedAsync(string host, string file, string areas, string rule, Action<string> plant, string reason)
    {
        var findings = await AssertOthersSayTheSameAsync(host, areas, root => plant($"{root}/{file}"));
        Assert.Contains(findings, finding => finding.Rule.Id == rule && finding.Outcome == Outcome.Unknown && finding.Message.Contains(Path.GetFileName(file), StringComparison.Ordinal) && finding.Message.Contains(reason, StringComparison.Ordinal));
    }

    /// <summary>Plants something in a copy of a recorded host; returns what the areas concerned say then.</summary>
    async Task<IReadOnlyList<Finding>> AssertOthersSayTheSameAsync(string host, string areas, Action<string> plant)
    {
        Programs.Run("cp", "-a", Path.Combine(Repository.Root, "tests/hosts", host), folder[host]);
        var before = await SweepAsync(folder[host]);
        plant(folder[$"{host}/root"]);
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
        return [.. runs.SelectMany(run => run.Findings)];
    }

    static void Grow(string path, long size)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(size);
    }
}
