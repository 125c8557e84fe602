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
    [InlineData("auth,authpriv.* /var/log/auth.log\n& stop\n")]
    [InlineData("auth,authpriv.* stop\n")]
    [InlineData("AUTHPRIV.* stop\n")]
    [InlineData("auth,authpriv.* ~\n")]
    [InlineData("authpriv.* ~ # local\n")]
    [InlineData("auth.info\n  stop\n")]
    [InlineData("auth,\\\n  authpriv.* \\\n  stop\n")]
    [InlineData("*.info;mail.none { action(type=\"omfile\" file=\"/var/log/all\") stop }\n")]
    [InlineData("authpriv.* -/var/log/auth.log\n\n# mine\n& ~\n")]
    [InlineData("template(name=\"t\" type=\"string\" string=\"%msg%\")\nauthpriv.* { stop }\n")]
    [InlineData("action(type=\"omfile\" file=\"/var/log/all\")\nstop\n")]
    [InlineData("if $syslogfacility-text == \"authpriv\" then { stop }\n")]
    [InlineData("if ($syslogfacility-text == 'auth' ) then\n  stop\n")]
    public async Task Logins_that_are_discarded_before_are_not_forwarded(string before)
    {
        host.Rsyslog(before + Forward);
        await AssertAsync(Outcome.Fail, "50-forward.conf:");
        await AssertAsync(Outcome.Fail, "discards them before");
        host.Rsyslog(Forward + before);
        await AssertAsync(Outcome.Pass, "logs.internal over TLS");
    }

    [Theory]
    [InlineData("if $syslogfacility-text == 'authpriv' and $msg contains 'Accepted' then { stop }\n")]
    [InlineData("if $programname == 'haproxy' or $programname == 'sshd' then stop\n")]
    [InlineData("if not ($programname == 'haproxy') then stop\n")]
    [InlineData("if $programname == 'haproxy' then stop else stop\n")]
    [InlineData("if $programname != 'haproxy' then ~\n")]
    [InlineData("if $msg contains 'x or $programname == \"a\" or y' then ~\n")]
    [InlineData(":msg, contains, \"session opened\" ~\n")]
    [InlineData(":programname, isequal, \"sshd\" stop\n")]
    [InlineData(":programname, startswith, \"su\" /var/log/su.log\n& stop\n")]
    [InlineData(":programname, !isequal, \"haproxy\" stop\n")]
    [InlineData(":programname, contains, \"\" stop\n")]
    [InlineData(":syslogtag, startswith, \"sshd[\" stop\n")]
    [InlineData(":syslogtag, contains, \"[1\" stop\n")]
    [InlineData(":programname, regex, \"ha.*\" stop\n")]
    [InlineData("authpriv.notice stop\n")]
    [InlineData("& stop\n")]
    [InlineData("call other\n")]
    [InlineData("foreach ($.x in $!y) do { stop }\n")]
    public async Task What_is_perhaps_discarded_before_is_unknown(string before)
    {
        host.Rsyslog(before + Forward);
        await AssertAsync(Outcome.Unknown, "50-forward.conf:");
        await AssertAsync(Outcome.Unknown, "does not judge which");
        host.Rsyslog(before + "*.* @@logs.internal\n");
        await AssertAsync(Outcome.Fail, "in clear");
    }

    [Theory]
    // As in Ubuntu's packages of ufw, cloud-init, rsyslog, haproxy and postfix.
    [InlineData(":msg,contains,\"[UFW \" /var/log/ufw.log\n#& stop\n")]
    [InlineData(":msg,contains,\"[UFW \" /var/log/ufw.log\n& stop\n")]
    [InlineData(":syslogtag, isequal, \"[CLOUDINIT]\" /var/log/cloud-init.log\n& stop\n")]
    [InlineData("auth,authpriv.*\t\t\t/var/log/auth.log\n*.*;auth,authpriv.none\t\t-/var/log/syslog\nkern.*\t-/var/log/kern.log\n*.emerg\t\t\t\t:omusrmsg:*\n")]
    [InlineData("$AddUnixListenSocket /var/lib/haproxy/dev/log\n:programname, startswith, \"haproxy\" {\n  /var/log/haproxy.log\n  stop\n}\n")]
    [InlineData("if $programname == 'tomcat10' or $programname == \"postgres\" then /var/log/app.log\n& stop\n")]
    [InlineData("if ($programname startswith 'app-') then {\n  action(type=\"omfile\" file=\"/var/log/app.log\")\n  if $msg contains 'x' then stop\n}\n")]
    [InlineData("local0,mail.* stop\n*.*;auth,authpriv.none stop\nauth.=debug ~\n")]
    [InlineData("ruleset(name=\"remote\") {\n  action(type=\"omfile\" file=\"/var/log/remote.log\")\n  stop\n}\n")]
    [InlineData("$RuleSet remote\n*.* stop\n$RuleSet RSYSLOG_DefaultRuleset\n")]
    [InlineData("action(type=\"omfile\" file=\"/var/log/a { stop }\")\n")]
    [InlineData("# auth,authpriv.* \\\nstop\n")]
    [InlineData("/* auth,authpriv.* stop\n*/\n")]
    public async Task What_is_discarded_of_others_does_not_matter(string before)
    {
        host.Rsyslog(before + Forward);
        await AssertAsync(Outcome.Pass, "logs.internal over TLS");
    }

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
    [InlineData("", Outcome.Fail, "no input that takes them")]
    [InlineData("module(load=\"imklog\")\n", Outcome.Fail, "no input that takes them")]
    [InlineData("module(load=\"imuxsock\" SysSock.Use=\"off\")\n", Outcome.Fail, "no input that takes them")]
    [InlineData("$ModLoad imuxsock.so\n$OmitLocalLogging on\n", Outcome.Fail, "no input that takes them")]
    [InlineData("module(load=\"imuxsock\" config.enabled=\"off\")\n", Outcome.Fail, "no input that takes them")]
    [InlineData("module(load=\"imuxsock\")\n", Outcome.Pass, "over TLS")]
    [InlineData("$ModLoad imuxsock\n", Outcome.Pass, "over TLS")]
    [InlineData("$ModLoad imjournal\n", Outcome.Pass, "over TLS")]
    [InlineData("module(load=\"imuxsock\" SysSock.Name=\"/dev/other\")\n", Outcome.Unknown, "imuxsock is set in a form")]
    [InlineData("module(load=\"imuxsock\" SysSock.Use=\"off\")\ninput(type=\"imuxsock\" Socket=\"/run/systemd/journal/syslog\")\n", Outcome.Unknown, "an input (imuxsock)")]
    [InlineData("module(load=\"imtcp\")\ninput(type=\"imtcp\" port=\"514\")\n", Outcome.Unknown, "an input (imtcp)")]
    public async Task Logins_come_to_rsyslog_by_its_inputs(string inputs, object outcome, string words)
    {
        host.Write("/etc/rsyslog.conf", inputs + "$IncludeConfig /etc/rsyslog.d/*.conf\n");
        await AssertAsync(outcome, words);
    }

    [Theory]
    [InlineData("/etc/systemd/journald.conf", "[Journal]\nForwardToSyslog=no\n", Outcome.Pass)]
    [InlineData("/etc/systemd/journald.conf.d/90-no.conf", "[Journal]\nForwardToSyslog=no\n", Outcome.Pass)]
    [InlineData("/etc/systemd/journald.conf.d/zz.conf", "[Journal]\nForwardToSyslog=no\n", Outcome.Fail)]
    [InlineData("/run/systemd/journald.conf.d/zz.conf", "[Journal]\nForwardToSyslog=off\n", Outcome.Fail)]
    [InlineData("/etc/systemd/journald.conf.d/zz.conf", "[Upload]\nForwardToSyslog=no\n", Outcome.Pass)]
    [InlineData("/etc/systemd/journald.conf.d/zz.conf", "[Journal]\nForwardToSyslog=perhaps\n", Outcome.Pass)]
    [InlineData("/etc/systemd/journald.conf.d/syslog.conf", "[Journal]\nForwardToSyslog=no\n", Outcome.Fail)]
    [InlineData("/etc/systemd/journald.conf.d/syslog.conf", "# nothing\n", Outcome.Fail)]
    [InlineData("/etc/systemd/journald.conf.d/zz.conf", "[Journal]\nMaxLevelSyslog=notice\n", Outcome.Fail)]
    [InlineData("/etc/systemd/journald.conf.d/zz.conf", "[Journal]\nMaxLevelSyslog=info\n", Outcome.Pass)]
    [InlineData("/proc/cmdline", "quiet systemd.journald.forward_to_syslog=0\n", Outcome.Fail)]
    public async Task Journald_passes_messages_on_or_not(string file, string text, object outcome)
    {
        host.Write(file, text);
        await AssertAsync(outcome, (Outcome)outcome == Outcome.Pass ? "over TLS" : "journald does not pass them on");
    }

    [Theory]
    [InlineData("20.04", Outcome.Pass, "over TLS")]
    [InlineData("22.04", Outcome.Pass, "over TLS")]
    [InlineData("24.04", Outcome.Fail, "systemd's default")]
    [InlineData("26.04", Outcome.Fail, "systemd's default")]
    [InlineData("28.04", Outcome.Unknown, "its default in this release is not known")]
    public async Task Without_a_setting_the_release_decides(string version, object outcome, string words)
    {
        host.Delete(UbuntuHost.JournalToSyslog);
        host.Write("/etc/os-release", $"ID=ubuntu\nVERSION_ID=\"{version}\"\nVERSION_CODENAME=noble\n");
        await AssertAsync(outcome, words);
    }

    [Fact]
    public async Task A_drop_in_that_is_masked_says_nothing()
    {
        host.Link("/etc/systemd/journald.conf.d/syslog.conf", "/dev/null");
        await AssertAsync(Outcome.Fail, "systemd's default");
    }

    [Theory]
    [InlineData("[Journal]\nForwardToSyslog=no\n", Outcome.Pass, "over TLS")]
    [InlineData("[Journal]\nStorage=none\n", Outcome.Fail, "does not store them")]
    [InlineData("[Journal]\nMaxLevelStore=err\n", Outcome.Fail, "does not store them")]
    public async Task Imjournal_reads_what_is_stored(string text, object outcome, string words)
    {
        host.Write("/etc/rsyslog.conf", "module(load=\"imjournal\")\n$IncludeConfig /etc/rsyslog.d/*.conf\n");
        host.Write("/etc/systemd/journald.conf", text);
        await AssertAsync(outcome, words);
    }

    [Fact]
    public async Task What_journald_has_not_read_proves_nothing()
    {
        host.Service("systemd-journald.service");
        await AssertAsync(Outcome.Pass, "over TLS");
        host.Write("/etc/systemd/journald.conf", "[Journal]\nForwardToSyslog=no\n", time: UbuntuHost.Now);
        await AssertAsync(Outcome.Unknown, "journald.conf was changed since journald was started");
    }

    [Theory]
    [InlineData("{")]
    [InlineData("*.*\n")]
    [InlineData("auth.* {\n")]
    [InlineData("if a then ")]
    public void Blocks_in_blocks_have_a_limit(string part) =>
        Assert.Throws<FormatException>(() => RsyslogStatement.Split(string.Concat(Enumerable.Repeat(part, 100_000)), "x"));
}
