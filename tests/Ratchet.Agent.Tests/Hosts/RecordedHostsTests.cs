using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;

namespace Ratchet.Agent.Tests.Hosts;

/// <summary>The whole program against each recorded host: what it says is held against findings.json.</summary>
public sealed class RecordedHostsTests
{
    static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Hosts => [.. Directory.GetDirectories(Path.Combine(Repository.Root, "tests/hosts")).Select(directory => Path.GetFileName(directory)!)];

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_recorded_host_gives_its_golden_findings(string name)
    {
        var directory = Path.Combine(Repository.Root, "tests/hosts", name);
        Repository.AssertGolden(Path.Combine(directory, "findings.json"), Render(await SweepAsync(directory)));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Every_rule_has_a_finding_on_a_recorded_host(string name)
    {
        var findings = await SweepAsync(Path.Combine(Repository.Root, "tests/hosts", name));
        var silent = Program.NewChecks(new Settings()).SelectMany(check => check.Rules).Select(rule => rule.Id).Except(findings.Select(finding => finding.Rule.Id));
        Assert.Empty(silent);
    }

    static async Task<IReadOnlyList<Finding>> SweepAsync(string directory)
    {
        var configuration = Path.Combine(directory, "agent.json");
        var settings = SettingsFile.Load(configuration, new Dictionary<string, string>()).Settings;
        var runs = await new Sweep(Recording.Open(directory), TimeSpan.FromMinutes(1), new Waivers(settings.Waivers)).RunAsync(Program.NewChecks(settings), CancellationToken.None);
        return [.. runs.SelectMany(run => run.Findings)];
    }

    /// <summary>The judged part of each finding: what does not change with the wording of the catalogue.</summary>
    static string Render(IReadOnlyList<Finding> findings)
    {
        var sorted = findings.OrderBy(finding => finding.Rule.Id, StringComparer.Ordinal).ThenBy(finding => finding.Subject, StringComparer.Ordinal);
        var list = new JsonArray([.. sorted.Select(finding => new JsonObject
        {
            ["rule"] = finding.Rule.Id,
            ["evaluation"] = Payload.Evaluation(finding),
            ["subject"] = finding.Subject,
            ["message"] = finding.Message,
            ["evidence"] = finding.Evidence.IsEmpty ? null : finding.Evidence.ToJson(),
        })]);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Indented)) list.WriteTo(writer);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }
}
