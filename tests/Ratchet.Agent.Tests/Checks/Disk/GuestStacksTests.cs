using System.Text.RegularExpressions;
using Ratchet.Agent.Checks.Disk;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;
using Ratchet.Agent.Tests.Hosts;

namespace Ratchet.Agent.Tests.Checks.Disk;

/// <summary>
/// The stacks that were recorded in the guest (<c>tests/system/run --record</c>) get the verdicts that their own files in
/// tests/system/stacks expect: <c>expect RULE SUBJECT OUTCOME</c>, the outcome one of several.
/// </summary>
public sealed partial class GuestStacksTests
{
    const string Prefix = "disk-guest-";

    public static TheoryData<string> Stacks => [.. Directory.GetDirectories(Path.Combine(Repository.Root, "tests/hosts"), Prefix + "*").Select(directory => Path.GetFileName(directory)[Prefix.Length..])];

    [Fact]
    public void At_least_twelve_stacks_are_recorded() => Assert.InRange(Stacks.Count, 12, 100);

    [Theory]
    [MemberData(nameof(Stacks))]
    public async Task A_recorded_stack_gets_the_verdicts_that_it_was_built_for(string stack)
    {
        var host = Path.Combine(Repository.Root, "tests/hosts", Prefix + stack);
        var settings = SettingsFile.Load(Path.Combine(host, "agent.json"), new Dictionary<string, string>()).Settings;
        var findings = await new DiskCheck(settings).RunAsync(Recording.Open(host), CancellationToken.None);
        var expectations = Expectation.Matches(await File.ReadAllTextAsync(Path.Combine(Repository.Root, $"tests/system/stacks/{stack}.sh")));
        Assert.NotEmpty(expectations);
        foreach (Match expectation in expectations)
        {
            var subject = expectation.Groups["subject"].Value.Replace("${name//-/--}", stack.Replace("-", "--", StringComparison.Ordinal), StringComparison.Ordinal)
                .Replace("$at", "/srv/" + stack, StringComparison.Ordinal).Replace("$name", stack, StringComparison.Ordinal);
            // What is named after a device of the guest is the only subject of its rule.
            var judged = findings.Where(finding => finding.Rule.Id == expectation.Groups["rule"].Value && (subject.Contains('$', StringComparison.Ordinal) || finding.Subject == subject)).ToArray();
            Assert.True(judged.Length == 1, $"{judged.Length} findings of {expectation.Value}");
            Assert.True(expectation.Groups["outcome"].Value.Split('|').Contains(Payload.Evaluation(judged[0])), $"{expectation.Value}: {judged[0].Outcome}, {judged[0].Message}");
        }
    }

    [GeneratedRegex(@"\bexpect (?<rule>disk\.[a-z-]+) (?<subject>\S+) '?(?<outcome>[a-z_|]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    static partial Regex Expectation { get; }
}
