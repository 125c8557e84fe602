using System.Buffers.Binary;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Salt;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Hosts;

/// <summary>There are thousands of something of which there are a few: lines, keys, files, jobs, processes.</summary>
public sealed class HostileNumberTests : HostileHost
{
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
    public async Task Five_thousand_authorized_keys_are_more_than_are_read()
    {
        var findings = await AssertOthersSayTheSameAsync("access-weak", "sshd access", root =>
        {
            var file = $"{root}/home/acme/.ssh/authorized_keys";
            File.WriteAllLines(file, Enumerable.Repeat(File.ReadAllLines(file)[0], 5000));
        });
        Assert.Contains(findings, finding => finding.Rule.Id == "sshd.authorized-keys" && finding.Subject == "acme" && finding.Outcome == Outcome.Unknown && finding.Message.Contains("more than the 262144 that are read", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(3000, 10, "more than 2000 files are included")]
    [InlineData(6, 4_000_000, "have more than 16777216 characters")]
    public async Task Includes_of_sshd_beyond_all_measure_are_unknown(int files, int length, string reason)
    {
        var findings = await AssertOthersSayTheSameAsync("access-weak", "sshd access", root =>
        {
            var dropIns = Directory.CreateDirectory($"{root}/etc/ssh/sshd_config.d").FullName;
            for (var i = 0; i < files; i++) File.WriteAllText($"{dropIns}/{i}.conf", "#".PadRight(length));
        });
        Assert.All(findings, finding => Assert.Equal((Outcome.Unknown, true), (finding.Outcome, finding.Message.Contains(reason, StringComparison.Ordinal))));
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
}
