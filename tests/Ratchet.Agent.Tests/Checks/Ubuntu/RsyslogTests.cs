using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Ubuntu;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Checks.Ubuntu;

/// <summary>Whether logins come to the statement of rsyslog's configuration that forwards them, and whether that is in force.</summary>
public sealed class RsyslogTests : IDisposable
{
    const string Tls = "action(type=\"omfwd\" target=\"logs.internal\" protocol=\"tcp\" StreamDriver=\"gtls\" StreamDriverMode=\"1\" StreamDriverAuthMode=\"x509/name\")\n";
    const string Forward = "*.* " + Tls;

    readonly UbuntuHost host = new();

    public void Dispose() => host.Dispose();

    Task<Finding> AssertAsync(object outcome, string words) => host.AssertAsync(new UbuntuCheck(new Settings()), UbuntuRules.AuditLogged, (Outcome)outcome, words);

    [Theory]
    [InlineData("/*\n" + Forward + "*/\n", Outcome.Fail, "stay on this host")]
    [InlineData("/* a */ /* " + Forward + "*/\n", Outcome.Fail, "stay on this host")]
    [InlineData("$IncludeConfig /etc/none/*.conf\n" + Forward + "# */\n", Outcome.Pass, "over TLS")]
    [InlineData("*.* action(type=\"omfile\" file=\"/var/log/*\" /* here\n and here */ template=\"*/\")\n" + Forward, Outcome.Pass, "over TLS")]
    [InlineData("/* no end\n" + Forward, Outcome.Unknown, "/* without its */")]
    [InlineData("*.* action(config.enabled=\"off\" type=\"omfwd\" target=\"a\")\n", Outcome.Fail, "stay on this host")]
    // Anything but on is off to rsyslog.
    [InlineData("*.* action(type=\"omfwd\" target=\"a\" config.enabled=\"maybe\")\n", Outcome.Fail, "stay on this host")]
    [InlineData("*.* action(type=\"omfwd\" target=\"a\" config.enabled=\"on\")\n", Outcome.Fail, "in clear")]
    [InlineData("*.* action(config.enabled=`echo $FORWARD` type=\"omfwd\" target=\"a\")\n", Outcome.Unknown, "does not judge")]
    [InlineData("global(config.enabled=`echo $FORWARD` workDirectory=\"/var\")\n", Outcome.Unknown, "echo $FORWARD")]
    [InlineData("$RuleSet remote\n" + Forward, Outcome.Unknown, "does not judge")]
    [InlineData("$RuleSet remote\n$RuleSet RSYSLOG_DefaultRuleset\n" + Forward, Outcome.Pass, "over TLS")]
    [InlineData("$DefaultRuleset remote\n" + Forward, Outcome.Unknown, "another ruleset")]
    [InlineData("ruleset(name=\"x\") {\n" + Forward + "}\n", Outcome.Unknown, "does not judge")]
    [InlineData("if $msg contains 'then' then\n" + Tls, Outcome.Unknown, "does not judge")]
    [InlineData("*.*\n" + Tls, Outcome.Pass, "over TLS")]
    [InlineData("*.* {\n" + Tls + "}\n", Outcome.Pass, "over TLS")]
    [InlineData("mail.* {\n" + Tls + "}\n", Outcome.Fail, "not among the logs")]
    public async Task Only_what_is_in_force_counts(string text, object outcome, string words)
    {
        host.Rsyslog(text);
        await AssertAsync(outcome, words);
    }

    [Fact]
    public async Task A_ruleset_that_one_file_opens_holds_in_the_next()
    {
        host.Write("/etc/rsyslog.d/10-remote.conf", "$RuleSet remote\n");
        await AssertAsync(Outcome.Unknown, "does not judge");
    }

    [Theory]
    [InlineData("*.* action(type=\"omfwd\" target=\"a\" protocol=\"tcp\" StreamDriverMode=\"1\" StreamDriverAuthMode=\"x509/name\")\nglobal(DefaultNetstreamDriver=\"gtls\")\n", Outcome.Pass, "to a over TLS")]
    [InlineData("*.* action(type=\"omfwd\" target=\"a\" protocol=\"tcp\" StreamDriverMode=\"1\" StreamDriverAuthMode=\"x509/name\")\n$DefaultNetstreamDriver gtls\n", Outcome.Pass, "to a over TLS")]
    [InlineData("$ActionSendStreamDriverMode 1\n*.* @@a:6514\n$DefaultNetstreamDriver gtls\n", Outcome.Pass, "to a over TLS")]
    [InlineData("*.* action(type=\"omfwd\" target=\"a\" protocol=\"tcp\" StreamDriver=\"ptcp\" StreamDriverMode=\"1\")\nglobal(DefaultNetstreamDriver=\"gtls\")\n", Outcome.Fail, "in clear")]
    [InlineData("global(DefaultNetstreamDriver=\"gtls\")\n*.* action(type=\"omfwd\" target=\"a\" protocol=\"tcp\" StreamDriverMode=\"1\")\nglobal(DefaultNetstreamDriver=\"ptcp\")\n", Outcome.Fail, "in clear")]
    public async Task The_default_driver_holds_wherever_it_is_set(string text, object outcome, string words)
    {
        host.Rsyslog(text);
        await AssertAsync(outcome, words);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("*.*\n")]
    [InlineData("auth.* {\n")]
    [InlineData("if a then ")]
    public void Blocks_in_blocks_have_a_limit(string part) =>
        Assert.Throws<FormatException>(() => RsyslogStatement.Split(string.Concat(Enumerable.Repeat(part, 100_000)), "x"));
}
