using System.Text.Json;
using Ratchet.Agent.Records;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Cli;

/// <summary>The verbs as an operator meets them: data on standard output, everything else on standard error, exit codes.</summary>
public sealed class VerbTests : IDisposable
{
    static readonly (List<string> Records, PublicKey Key) Web = Ledgers.NewChain("web01", 6);

    readonly Folder folder = new();

    public VerbTests()
    {
        folder.Write("keys.json", Ledgers.JwkSetOf(Web.Key));
        folder.Write("agent.json", $$"""{"state": "{{folder["state"]}}", "interval": "2m"}""");
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Verify_says_all_good_and_exits_0()
    {
        var result = await VerifyAsync(Web.Records);

        Assert.Equal((0, ""), (result.ExitCode, result.Error.Trim()));
        Assert.EndsWith("6 records, all signatures good, chain unbroken\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("web01: chain ", result.Output, StringComparison.Ordinal);
        Assert.Matches("6 records, 1 to 6; .* to .*; begins: first-start.*: whole", result.Output);
    }

    [Fact]
    public async Task Verify_names_each_problem_and_exits_1()
    {
        var forged = Web.Records[4].Split('.');
        var result = await VerifyAsync([.. Web.Records[..2], Web.Records[3], $"{forged[0]}.{Web.Records[5].Split('.')[1]}.{forged[2]}", "rubbish"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("missing: web01 #3: is missing", result.Output, StringComparison.Ordinal);
        Assert.Contains("forged: web01 #6: the signature does not fit", result.Output, StringComparison.Ordinal);
        Assert.Contains("malformed: unknown host: not three parts", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("all signatures good", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_of_nothing_is_not_good()
    {
        var result = await VerifyAsync([]);
        Assert.Equal((1, "no records\n"), (result.ExitCode, result.Output));
    }

    [Fact]
    public async Task Verify_tells_json_and_takes_a_window_and_many_files()
    {
        folder.Write("a", string.Join('\n', Web.Records[2..4]));
        folder.Write("b", string.Join('\n', Web.Records[3..5]));
        var result = await AgentProcess.RunAsync("verify", "--keys", folder["keys.json"], "--window", "--format", "json", folder["b"], folder["a"]);

        Assert.Equal(0, result.ExitCode);
        var report = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal((true, 3, 1), (report.GetProperty("good").GetBoolean(), report.GetProperty("accepted").GetInt32(), report.GetProperty("repeated").GetInt32()));
    }

    [Theory]
    [InlineData("none.json", null, "none.json")]
    [InlineData("bad.json", "{", "bad.json")]
    [InlineData("bad.json", """{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","host":"web01"}]}""", "$.keys[0]")]
    [InlineData("bad.json", """{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}""", "$.keys[0].host is missing")]
    [InlineData("bad.json", """{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","kid":"other","host":"web01"}]}""", "$.keys[0].kid is not the RFC 7638 thumbprint")]
    [InlineData("bad.json", """{"keys":[{"kty":"RSA","crv":"P-256","x":"AA","y":"AA","host":"web01"}]}""", "expected kty EC")]
    [InlineData("bad.json", "{\"keys\":[null]}", "$.keys[0]")]
    [InlineData("bad.json", "{\"keys\":[{\"host\":\"web01\"}]}", "$.keys[0]")]
    [InlineData("bad.json", "{}", "$.keys is missing")]
    public async Task Verify_with_a_bad_key_set_says_what_is_wrong_and_proves_nothing(string name, string? content, string reason)
    {
        if (content is not null) folder.Write(name, content);
        var result = await AgentProcess.RunAsync("verify", "--keys", folder[name], folder.Write("records", string.Join('\n', Web.Records)));

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_listed_rule_is_explained()
    {
        var listed = await AgentProcess.RunAsync("rules", "--format", "json");
        var rules = JsonDocument.Parse(listed.Output).RootElement.EnumerateArray().ToList();
        Assert.Contains(rules, rule => rule.GetProperty("id").GetString() == "agent.waivers-current");

        var explained = await AgentProcess.RunAsync("explain", "agent.waivers-current");
        Assert.Equal(0, explained.ExitCode);
        Assert.Contains("No waiver has outlived its day.", explained.Output, StringComparison.Ordinal);
        Assert.Contains("HIPAA 164.308(a)(1)(ii)(B) Risk management (R)", explained.Output, StringComparison.Ordinal);
        Assert.Contains("HITRUST 06.h Technical Compliance Checking", explained.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rule_that_does_not_exist_is_not_explained()
    {
        var result = await AgentProcess.RunAsync("explain", "no.such-rule");
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Contains("no.such-rule", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Config_tells_each_value_and_where_it_came_from()
    {
        folder.Write("conf.d/10-site.json", """{"roles": ["web"]}""");
        var result = await AgentProcess.RunAsync("config", "--config", folder["agent.json"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Matches($@"\$\.interval +{folder["agent.json"]} +2m", result.Output);
        Assert.Matches($@"\$\.roles\[0\] +{folder["conf.d/10-site.json"]} +web", result.Output);
        Assert.Matches(@"\$\.snapshot +default +12h", result.Output);
        Assert.DoesNotContain('\u001b', result.Output);
    }

    [Fact]
    public async Task What_config_prints_as_json_is_a_configuration()
    {
        var first = await AgentProcess.RunAsync("config", "--format", "json", "--config", folder["agent.json"]);
        folder.Write("again/agent.json", first.Output);
        var again = await AgentProcess.RunAsync("config", "--format", "json", "--config", folder["again/agent.json"]);

        Assert.Equal((0, 0), (first.ExitCode, again.ExitCode));
        Assert.Equal(first.Output, again.Output);
    }

    Task<VerbResult> VerifyAsync(IEnumerable<string> records) =>
        AgentProcess.RunAsync("verify", "--keys", folder["keys.json"], folder.Write("records", string.Concat(records.Select(record => record + "\n"))));
}
