using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Postgresql;

namespace Ratchet.Agent.Tests.Checks.Postgresql;

/// <summary>pg_hba.conf of version 16 and later is a tree of files: deep, wide, in circles or without measure.</summary>
public sealed class HbaTreeTests
{
    const string Line = "host all all 10.0.0.0/8 scram-sha-256\n";

    /// <summary>A good cluster whose pg_hba.conf is this, with files beside it: its rules on clients are unknown for that reason, all others say what they said.</summary>
    static async Task AssertRefusedAsync(string text, string reason, params (string Name, string Text)[] others)
    {
        using var host = new PostgresHost();
        var before = await host.CheckAsync();
        var folder = Path.GetDirectoryName(PostgresHost.Hba)!;
        foreach (var (name, content) in others) host.Tree.File($"{folder}/{name}", content);
        host.Tree.File(PostgresHost.Hba, text);
        var after = await host.CheckAsync();
        var refused = after.Where(finding => finding.Message.Contains(reason, StringComparison.Ordinal)).ToList();
        Assert.All(refused, finding => Assert.Equal(Outcome.Unknown, finding.Outcome));
        foreach (var rule in new[] { PostgresRules.HbaEncrypted, PostgresRules.HbaStrong, PostgresRules.SuperusersLocal }) Assert.Contains(rule, refused.Select(finding => finding.Rule));
        // That a file is newer than the load is true as well.
        var known = after.Except(refused).Where(finding => finding.Rule != PostgresRules.ConfigApplied).ToList();
        Assert.NotEmpty(known);
        Assert.Equal(before.Where(finding => known.Exists(other => other.Rule == finding.Rule)).Select(Shown), known.Select(Shown));
    }

    static string Shown(Finding finding) => $"{finding.Rule.Id} {finding.Outcome} {finding.Subject}: {finding.Message}";

    [Theory]
    [InlineData("include pg_hba.conf\n")]
    [InlineData("include_if_exists pg_hba.conf\n")]
    [InlineData("include_dir .\n")]
    [InlineData("local all @names peer\n")]
    public Task A_circle_is_refused(string text) => AssertRefusedAsync(text, "too many files include one another", ("names", "@names\n"), ("more.conf", "include_dir .\n"));

    [Fact]
    public Task Circles_that_grow_by_powers_are_refused() =>
        AssertRefusedAsync("include a\n", "too many files include one another", [.. "abcdefghijkl".Select((name, i) => ($"{name}", string.Concat(Enumerable.Repeat($"include {(char)(name + 1)}\n", 20)))), ("m", Line)]);

    [Fact]
    public Task More_files_than_anybody_has_are_refused() =>
        AssertRefusedAsync("include_dir d\n", "too many files include one another", [.. Enumerable.Range(0, 2_001).Select(i => ($"d/{i:0000}.conf", Line))]);

    [Fact]
    public Task Files_that_are_long_together_are_refused() =>
        AssertRefusedAsync("include_dir d\n", "have more than 16777216 characters", [.. Enumerable.Range(0, 5).Select(i => ($"d/{i}.conf", "#".PadRight(4_000_000)))]);

    [Fact]
    public Task Names_that_multiply_are_refused()
    {
        var names = string.Join(',', Enumerable.Range(0, 1_000));
        return AssertRefusedAsync($"local all all peer\nhost {names} {names} 10.0.0.0/8 scram-sha-256\n", "pg_hba.conf:2: there are more than 100000 pairs");
    }

    [Theory]
    [InlineData(10, nameof(Outcome.Fail), "10.0.0.0/8")]
    [InlineData(11, nameof(Outcome.Unknown), "too many files include one another")]
    public async Task A_line_as_deep_as_the_server_reads_it_counts(int depth, string outcome, string words)
    {
        using var host = new PostgresHost();
        var folder = Path.GetDirectoryName(PostgresHost.Hba)!;
        for (var i = 1; i < depth; i++) host.Tree.File($"{folder}/{i}", $"include {i + 1}\n");
        host.Tree.File($"{folder}/{depth}", Line);
        if (depth > 10) host.Tree.File(PostgresHost.Hba, "include 1\n");
        else host.WriteHba("include 1\n");
        var finding = await host.JudgeAsync(PostgresRules.HbaEncrypted);
        Assert.Equal((outcome, true), (finding.Outcome.ToString(), finding.Message.Contains(words, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Two_thousand_files_are_judged()
    {
        using var host = new PostgresHost();
        for (var i = 0; i < 1_999; i++) host.Tree.File($"{Path.GetDirectoryName(PostgresHost.Hba)}/d/{i:0000}.conf", i == 1_998 ? Line : "hostssl all app 10.0.0.0/8 scram-sha-256\n");
        host.WriteHba("include_dir d\n");
        Assert.Contains("d/1998.conf:1", (await host.JudgeAsync(PostgresRules.HbaEncrypted)).Message, StringComparison.Ordinal);
    }
}
