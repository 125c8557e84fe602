using System.Diagnostics;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Cli;

/// <summary>What the package is made with: the manual page and the completion follow the verbs and rules by themselves.</summary>
public sealed class GeneratedTests
{
    [Fact]
    public async Task The_manual_page_has_every_verb_option_and_rule()
    {
        var page = (await AgentProcess.RunAsync("manual")).Output;
        var help = (await AgentProcess.RunAsync("--help")).Output;

        Assert.StartsWith(".TH RATCHET\\-AGENT 8", page, StringComparison.Ordinal);
        foreach (var word in new[] { "\\fBrun\\fR", "\\fBkey rotate\\fR", "\\fBverify\\fR \\fIFILE\\fR", "\\fB\\-\\-wait\\fR \\fIDURATION\\fR", "\\fB\\-\\-once\\fR\n", "\\fB\\-\\-config\\fR \\fIFILE\\fR" })
            Assert.Contains(word, page, StringComparison.Ordinal);
        foreach (var rule in Program.NewChecks(new()).SelectMany(check => check.Rules))
            Assert.Contains($".B {rule.Id.Replace("-", "\\-", StringComparison.Ordinal)}\n", page, StringComparison.Ordinal);
        // Nothing begins with a macro that is none, and what is hidden from help is hidden here.
        Assert.All(page.Split('\n').Where(line => line.StartsWith('.')), line => Assert.Matches(@"^\.(TH|ad|SH|TP|RS|RE|B|I|BR)\b", line));
        Assert.DoesNotContain("completion", page, StringComparison.Ordinal);
        Assert.DoesNotContain("completion", help, StringComparison.Ordinal);
    }

    [NeedsProgramTheory("/bin/bash")]
    [InlineData("ratchet-agent ver", "verify")]
    [InlineData("ratchet-agent --ver", "--version")]
    [InlineData("ratchet-agent explain sshd.root", "sshd.root-login")]
    [InlineData("ratchet-agent check --format nd", "ndjson")]
    [InlineData("ratchet-agent check --only ss", "sshd")]
    [InlineData("ratchet-agent key ", "show prepare rotate --help --version --config")]
    [InlineData("ratchet-agent check --root /et", "/etc")]
    public async Task The_tab_key_offers(string line, string offered)
    {
        var script = (await AgentProcess.RunAsync("completion")).Output;
        const string press = "\nIFS=' ' read -ra COMP_WORDS <<<\"$1.\"; COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_WORDS[COMP_CWORD]=${COMP_WORDS[COMP_CWORD]%.}; _ratchet_agent; echo \"${COMPREPLY[*]}\"";
        using var bash = Process.Start(new ProcessStartInfo("/bin/bash", ["-euo", "pipefail", "-c", script + press, "-", line]) { RedirectStandardOutput = true, UseShellExecute = false })!;

        Assert.Equal(offered, (await bash.StandardOutput.ReadToEndAsync()).Trim());
        await bash.WaitForExitAsync();
    }
}
