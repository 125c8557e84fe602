using System.Text.Json;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Cli;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Fixtures;
using Ratchet.Agent.Tests.Hosts;

namespace Ratchet.Agent.Tests.Cli;

public sealed class ControlsVerbTests
{
    static readonly Rule Both = new("a.both", "t", Severity.High, "w.", "r.", new Controls(["164.312(b)", "164.312(d)"], ["09.aa"]));
    static readonly Rule One = new("a.one", "t", Severity.High, "w.", "r.", new Controls(["164.312(b)"], ["10.g"]));

    [Fact]
    public void A_control_counts_the_findings_of_every_rule_that_cites_it()
    {
        var controls = ControlsVerb.Cover([Both, One], [Finding.Pass(Both, "x", "m"), Finding.Fail(Both, "y", "m"), Finding.Unknown(One, "z", "m")]);
        Assert.Equal(["HIPAA 164.312(b)", "HIPAA 164.312(d)", "HITRUST 09.aa", "HITRUST 10.g"], controls.Select(control => control.Control));
        Assert.Equal([1, 1, 1], new[] { "passed", "failed", "unknown" }.Select(controls[0].Count));
        Assert.Equal([1, 1, 0], new[] { "passed", "failed", "unknown" }.Select(controls[1].Count));
        Assert.Equal("a.both (1 passed, 1 failed)", Assert.Single(controls[1].Rules).ToString());
    }

    [Fact]
    public void Every_control_that_a_rule_cites_is_listed()
    {
        var rules = Program.NewChecks(new Settings()).SelectMany(check => check.Rules).ToList();
        var controls = ControlsVerb.Cover(rules, [.. rules.Select(rule => Finding.NotApplicable(rule, "x", "m"))]);
        Assert.Equal(rules.SelectMany(rule => rule.Controls.Tags).Distinct().Order(StringComparer.Ordinal), controls.Select(control => control.Control).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_verb_says_what_the_rules_of_a_control_say_on_this_host()
    {
        using var folder = new Folder();
        var config = folder.Write("agent.json", "{}");
        var host = Path.Combine(Repository.Root, "tests/hosts/disk-postgres");
        var result = await AgentProcess.RunAsync("controls", "--root", host, "--format", "json", "--config", config);
        Assert.True(result.ExitCode == 0, result.Error);
        using var document = JsonDocument.Parse(result.Output);
        var encryption = document.RootElement.GetProperty("controls").EnumerateArray().Single(control => control.GetProperty("control").GetString() == "HIPAA 164.312(a)(2)(iv)");
        var mounts = encryption.GetProperty("rules").EnumerateArray().Single(rule => rule.GetProperty("id").GetString() == "disk.mounts-encrypted").GetProperty("findings");
        Assert.True(mounts.EnumerateObject().Sum(count => count.Value.GetInt32()) > 0);
        Assert.Contains(document.RootElement.GetProperty("beyondHosts").EnumerateArray(), one => one.GetProperty("control").GetString() == "HIPAA 164.308(a)(1)(ii)(A)");

        var page = await AgentProcess.RunAsync("controls", "--root", host, "--format", "markdown", "--config", config);
        Assert.Contains("| HIPAA 164.312(a)(2)(iv) | Encryption and decryption (A) |", page.Output, StringComparison.Ordinal);
        Assert.Contains("## What no agent on a host can prove", page.Output, StringComparison.Ordinal);
    }
}
