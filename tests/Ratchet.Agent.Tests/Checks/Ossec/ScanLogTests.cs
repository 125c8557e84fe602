using System.IO.Compression;
using System.Text;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Ossec;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Checks.Ossec;

/// <summary>The log from look to look: appended, rotated, cut, huge.</summary>
public sealed class ScanLogTests : IDisposable
{
    const string Log = "/var/ossec/logs/ossec.log";

    readonly OssecHost host = new();
    readonly OssecCheck check = new(new OssecSettings());

    public void Dispose() => host.Dispose();

    [Fact]
    public async Task What_was_appended_is_seen_by_the_next_look()
    {
        host.Log(OssecHost.Scan(OssecHost.Now.AddHours(-30)));
        await AssertAsync(Outcome.Fail);
        File.AppendAllText(host.Root + Log, OssecHost.Scan(OssecHost.Now.AddHours(-1)).TrimEnd('\n'));
        await AssertAsync(Outcome.Pass);
    }

    [Fact]
    public async Task A_line_without_its_end_waits_for_it()
    {
        host.Log(OssecHost.Scan(OssecHost.Now.AddHours(-30)) + $"{OssecHost.Stamp(OssecHost.Now)} ossec-syscheckd: INFO: Ending sys");
        await AssertAsync(Outcome.Fail);
        File.AppendAllText(host.Root + Log, "check scan.\n");
        await AssertAsync(Outcome.Pass);
    }

    [Fact]
    public async Task A_log_that_was_cut_and_filled_again_is_read_anew()
    {
        host.Log(OssecHost.Scan(OssecHost.Now.AddHours(-30)));
        await AssertAsync(Outcome.Fail);
        using (var file = File.OpenWrite(host.Root + Log)) file.SetLength(0);
        // As long as before, and then some: only the content tells that it is another.
        File.AppendAllText(host.Root + Log, OssecHost.Scan(OssecHost.Now.AddHours(-1)) + $"{OssecHost.Stamp(OssecHost.Now)} ossec-agentd: INFO: something\n");
        await AssertAsync(Outcome.Pass);
    }

    [Fact]
    public async Task A_scan_that_ended_just_before_the_rotation_is_found_in_the_rotated_log()
    {
        host.Log(OssecHost.Scan(OssecHost.Now.AddHours(-30)));
        await AssertAsync(Outcome.Fail);
        File.AppendAllText(host.Root + Log, OssecHost.Scan(OssecHost.Now.AddHours(-1)));
        File.Move(host.Root + Log, host.Root + Log + ".1");
        host.Log($"{OssecHost.Stamp(OssecHost.Now)} ossec-agentd: INFO: something\n");
        await AssertAsync(Outcome.Pass);
    }

    [Theory]
    [InlineData("logs/ossec.log-20261121.gz")]
    [InlineData("logs/ossec.log.2.gz")]
    [InlineData("logs/wazuh/2026/Nov/ossec-20.log.gz")]
    [InlineData("logs/ossec/2026/Nov/ossec-20-001.log.gz")]
    public async Task A_packed_rotated_log_is_read(string name)
    {
        host.Log("");
        host.Write("/var/ossec/" + name, "");
        using (var packed = new GZipStream(File.OpenWrite($"{host.Root}/var/ossec/{name}"), CompressionLevel.Fastest)) packed.Write(Encoding.UTF8.GetBytes(OssecHost.Scan(OssecHost.Now.AddHours(-1))));
        await AssertAsync(Outcome.Pass);
    }

    [Fact]
    public async Task The_end_of_a_huge_log_is_found_without_reading_it()
    {
        Fill(OssecHost.Scan(OssecHost.Now.AddHours(-1)), 200, 1);
        await AssertAsync(Outcome.Pass);
    }

    [Fact]
    public async Task What_lies_further_back_than_one_piece_is_found_by_later_looks()
    {
        Fill(OssecHost.Scan(OssecHost.Now.AddHours(-1)), 0, 10);
        await AssertAsync(Outcome.Unknown);
        await AssertAsync(Outcome.Unknown);
        await AssertAsync(Outcome.Pass);
    }

    [Fact]
    public async Task Nothing_is_read_that_would_be_too_old_anyway()
    {
        host.Log($"{OssecHost.Stamp(OssecHost.Now.AddDays(-9))} ossec-agentd: INFO: old\n");
        host.Write(Log + ".1", OssecHost.Scan(OssecHost.Now.AddHours(-1)));
        var finding = await JudgeAsync(check);
        Assert.Equal(Outcome.Fail, finding.Outcome);
        Assert.Contains("no syscheck scan has ended since 2026-11-12 12:00 UTC", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_a_folder_or_rubbish_in_place_of_the_log_never_passes()
    {
        host.Delete(Log);
        await AssertAsync(Outcome.Unknown);
        Directory.CreateDirectory(host.Root + Log);
        await AssertAsync(Outcome.Unknown);
        Directory.Delete(host.Root + Log);
        var random = new Random(5);
        for (var i = 0; i < 200; i++)
        {
            var bytes = new byte[random.Next(200_000)];
            random.NextBytes(bytes);
            File.WriteAllBytes(host.Root + Log, bytes);
            Assert.NotEqual(Outcome.Pass, (await JudgeAsync(new OssecCheck(new OssecSettings()))).Outcome);
        }
    }

    [Fact]
    public void Lines_are_handed_over_from_the_last_to_the_first_however_blocks_cut_them()
    {
        var random = new Random(1);
        var lines = Enumerable.Range(0, 6000).Select(i => $"{i} {new string('x', random.Next(120))}").ToArray();
        File.WriteAllText(host.Root + "/lines", string.Join('\n', lines) + "\n");
        using var file = host.Machine().OpenFile("/lines")!;
        var seen = new List<string>();
        var size = Libc.Status(file).Size;
        Assert.Equal(0, LogTail.ReadBackwards(file, 0, size, long.MaxValue, (some, _) => Add(seen, some)));
        Assert.Equal(lines.Reverse(), seen);
        // In two pieces, the second from where the first ended.
        seen.Clear();
        var middle = LogTail.ReadBackwards(file, 0, size, 100_000, (some, _) => Add(seen, some));
        Assert.InRange(middle, 1, size - 1);
        LogTail.ReadBackwards(file, 0, middle, long.MaxValue, (some, _) => Add(seen, some));
        Assert.Equal(lines.Reverse(), seen);
    }

    [Fact]
    public void A_line_longer_than_a_block_is_skipped_as_a_whole()
    {
        File.WriteAllText(host.Root + "/lines", "first\n" + new string('a', 300_000) + "\nlast\n");
        using var file = host.Machine().OpenFile("/lines")!;
        var seen = new List<string>();
        LogTail.ReadBackwards(file, 0, Libc.Status(file).Size, long.MaxValue, (some, _) => Add(seen, some));
        Assert.Equal(["last", "first"], seen);
    }

    static bool Add(List<string> seen, ReadOnlySpan<byte> lines)
    {
        Assert.Equal((byte)'\n', lines[^1]);
        seen.AddRange(Encoding.UTF8.GetString(lines[..^1]).Split('\n').Reverse());
        return true;
    }

    /// <summary>Megabytes of other lines before and after.</summary>
    void Fill(string scan, int before, int after)
    {
        var line = Encoding.UTF8.GetBytes($"{OssecHost.Stamp(OssecHost.Now.AddHours(-1))} ossec-logcollector: WARN: {new string('x', 960)}\n");
        using var file = File.Create(host.Root + Log);
        // A hole is as good as lines that nobody reads.
        file.SetLength((long)before << 20);
        file.Seek(0, SeekOrigin.End);
        if (before > 0) file.Write("\n"u8);
        file.Write(Encoding.UTF8.GetBytes(scan));
        for (var i = 0; i < after * 1000; i++) file.Write(line);
    }

    async Task<Finding> JudgeAsync(OssecCheck check) => (await host.CheckAsync(check)).Single(finding => finding.Rule == OssecRules.SyscheckRecent);

    async Task AssertAsync(Outcome outcome)
    {
        var finding = await JudgeAsync(check);
        Assert.True(finding.Outcome == outcome, $"{finding.Outcome}: {finding.Message}");
    }
}
