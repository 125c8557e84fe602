using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Ossec;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Hosts;

namespace Ratchet.Agent.Tests.Checks.Ossec;

/// <summary>Recorded agents, each in the state that its name tells: the verdicts that the name promises.</summary>
public sealed class CapturesTests
{
    /// <summary>A line for each state: the rules in the order of the catalogue, + pass, - fail, ? unknown; then words of their messages.</summary>
    public static TheoryData<string, string, string[]> States => new()
    {
        //                                             installed daemons connected queue keys syscheck rootcheck
        { "ossec-agent-00-installed-never-started", "+--?---", ["no daemon runs", "ossec-agentd does not run", "never registered", "no syscheck scan has ended"] },
        { "ossec-agent-01-no-key", "+--?---", ["ossec-agentd, ossec-logcollector, ossec-syscheckd do not run", "ossec-agentd does not run", "holds no key"] },
        { "ossec-agent-02-running-connected", "+++?+??", ["agentd, logcollector, syscheckd, execd run", "connected to manager 10.77.0.1", "agent 1024 (web01)", "no syscheck scan has ended yet"] },
        { "ossec-agent-05-server-stopped-90s", "++-?+++", ["locked for 62 s: manager 10.77.0.1 has not answered since 19:09 UTC", "ended 2 min ago", "rootcheck scan ended 98 s ago"] },
        { "ossec-agent-07-syscheckd-killed", "+-+?+++", ["ossec-syscheckd does not run", "connected to manager 10.77.0.1"] },
        { "ossec-agent-09-agentd-killed-30s", "+--?+++", ["ossec-agentd does not run"] },
        { "ossec-agent-11-all-stopped", "+--?+++", ["no daemon runs", "ossec-agentd does not run"] },
        { "ossec-agent-12-all-killed-stale-pids", "+--?+++", ["no daemon runs", "ossec-agentd does not run"] },
        { "ossec-agent-14-started-server-down-60s", "++-?+++", ["locked for 67 s", "held until the manager answers"] },
        { "ossec-agent-15-agentd-killed-while-locked", "+--?+++", ["ossec-agentd does not run", "its lock of 19:13 UTC was left behind"] },
        { "ossec-agent-16-running-again", "+++?+++", ["agentd, logcollector, syscheckd, execd run", "connected to manager 10.77.0.1"] },
        { "ossec-wazuh-4.14.7-connected", "+++?+++", ["Wazuh agent 4.14.7", "modulesd", "connected to manager wazuh.internal; it last answered at 2026-11-21 19:06:41"] },
        { "ossec-wazuh-4.14.7-disconnected", "++-?+++", ["disconnected from manager wazuh.internal; it last answered at 2026-11-21 19:06:41"] },
        { "ossec-wazuh-5.1.0-alpha0-connected", "+++?+++", ["Wazuh agent 5.1.0", "connected to manager wazuh.internal"] },
    };

    [Theory]
    [MemberData(nameof(States))]
    public async Task A_recorded_agent_is_judged_as_its_name_says(string host, string verdicts, string[] words)
    {
        var machine = Recording.Open(Path.Combine(Repository.Root, "tests/hosts", host));
        var findings = await new OssecCheck(new OssecSettings()).RunAsync(machine, CancellationToken.None);
        var text = string.Join('\n', findings.Select(finding => $"{finding.Rule.Id}: {finding.Outcome}: {finding.Message}"));
        Assert.Equal(OssecRules.All.Select(rule => rule.Id), findings.Select(finding => finding.Rule.Id));
        Assert.True(verdicts == string.Concat(findings.Select(Mark)), text);
        Assert.All(words, word => Assert.Contains(word, text, StringComparison.Ordinal));
        Assert.All(findings, finding => Assert.Equal("ossec", finding.Subject));
    }

    [Theory]
    [MemberData(nameof(States))]
    public async Task No_finding_carries_the_key(string host, string verdicts, string[] words)
    {
        Assert.NotEmpty(verdicts + words.Length);
        var machine = Recording.Open(Path.Combine(Repository.Root, "tests/hosts", host));
        var findings = await new OssecCheck(new OssecSettings()).RunAsync(machine, CancellationToken.None);
        Assert.DoesNotContain("0123456789abcdef", string.Concat(findings.Select(finding => finding.Message + finding.Evidence.ToJson().ToJsonString())), StringComparison.Ordinal);
    }

    static char Mark(Finding finding) => finding.Outcome switch { Outcome.Pass => '+', Outcome.Fail => '-', Outcome.Unknown => '?', _ => '0' };
}
