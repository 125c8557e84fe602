using System.Text;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Ossec;

namespace Ratchet.Agent.Tests.Checks.Ossec;

public sealed class KeysTests : IDisposable
{
    static readonly Rule Rule = OssecRules.KeysValid;

    readonly OssecHost host = new();

    public void Dispose() => host.Dispose();

    [Theory]
    [InlineData("1024 web01 any KEY", nameof(Outcome.Pass), "one key, of agent 1024 (web01), and agentd runs as that")]
    [InlineData("# comment\n1023 #*#*web01 any KEY\n1024 web01 any KEY", nameof(Outcome.Pass), "one key")]
    [InlineData("", nameof(Outcome.Fail), "never registered")]
    [InlineData("#1024 web01 any KEY", nameof(Outcome.Fail), "holds no key")]
    [InlineData("1024 #*#*web01 any KEY", nameof(Outcome.Fail), "the agent was removed")]
    [InlineData("1024 !web01 any KEY", nameof(Outcome.Fail), "the agent was removed")]
    [InlineData("1024 web01 any KEY\n1025 web02 any KEY", nameof(Outcome.Fail), "holds 2 keys")]
    [InlineData("1025 web01 any KEY", nameof(Outcome.Fail), "agentd runs as agent 1024 (web01): restart it")]
    [InlineData("1024 web02 any KEY", nameof(Outcome.Fail), "the key of agent 1024 (web02), but agentd runs as agent 1024 (web01)")]
    [InlineData("1024 web01 any 0123456789", nameof(Outcome.Fail), "shorter than the 64 characters")]
    [InlineData("1024 web01 any", nameof(Outcome.Fail), "line 1 is no key")]
    [InlineData("x web01 any KEY", nameof(Outcome.Fail), "line 1 is no key")]
    public async Task Exactly_one_key_and_its_own(string content, string outcome, string words)
    {
        Keys(content.Replace("KEY", OssecHost.Key, StringComparison.Ordinal));
        await host.AssertAsync(Rule, outcome, words);
        var finding = await host.JudgeAsync(Rule);
        Assert.DoesNotContain(OssecHost.Key[..8], finding.Message + finding.Evidence.ToJson().ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0640 root:ossec", nameof(Outcome.Pass), "")]
    [InlineData("0600 root:root", nameof(Outcome.Pass), "")]
    [InlineData("0640 ossec:ossec", nameof(Outcome.Pass), "")]
    [InlineData("0644 root:ossec", nameof(Outcome.Fail), "can be read by everybody (mode 0644)")]
    [InlineData("0660 root:ossec", nameof(Outcome.Fail), "can be written by others")]
    [InlineData("0640 root:4", nameof(Outcome.Fail), "can be read by group 4")]
    [InlineData("0640 1000:ossec", nameof(Outcome.Fail), "belongs to user 1000")]
    public async Task Nobody_else_may_read_it(string mode, string outcome, string words)
    {
        host.List("/var/ossec/etc/client.keys", mode);
        await host.AssertAsync(Rule, outcome, words);
    }

    [Fact]
    public async Task A_missing_file_fails_and_a_dead_agentds_name_says_nothing()
    {
        Keys($"1025 web01 any {OssecHost.Key}");
        host.Kill("agentd");
        await host.AssertAsync(Rule, Outcome.Pass, "agentd does not run");
        host.Delete("/var/ossec/etc/client.keys");
        await host.AssertAsync(Rule, Outcome.Fail, "is missing");
    }

    [Fact]
    public void Rubbish_never_breaks_the_parser_nor_makes_a_key()
    {
        var random = new Random(7);
        for (var i = 0; i < 5000; i++)
        {
            var bytes = new byte[random.Next(300)];
            random.NextBytes(bytes);
            if (ClientKeys.Parse(bytes) is { Live.Count: > 0, Malformed: 0, Short: false }) Assert.Fail(Convert.ToHexString(bytes));
        }
        Assert.Empty(ClientKeys.Parse(Encoding.ASCII.GetBytes(new string('1', 1 << 20))).Live);
    }

    void Keys(string content) => host.Write("/var/ossec/etc/client.keys", content.Length > 0 ? content + "\n" : "", "0640 root:ossec");
}
