using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Checks.Ubuntu;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Checks.Ubuntu;

public sealed class ClockAndLogTests : IDisposable
{
    readonly UbuntuHost host = new();

    public void Dispose() => host.Dispose();

    Task<Finding> AssertAsync(Rule rule, object outcome, string words) => host.AssertAsync(new UbuntuCheck(new Settings()), rule, (Outcome)outcome, words);

    [Fact]
    public async Task A_clock_that_timesyncd_has_not_set_for_long_fails()
    {
        host.Write("/run/systemd/timesync/synchronized", "", time: UbuntuHost.Now.AddHours(-4));
        await AssertAsync(UbuntuRules.ClockSynchronised, Outcome.Fail, "last on 2026-11-21 08:00Z");
        host.Delete("/run/systemd/timesync/synchronized");
        await AssertAsync(UbuntuRules.ClockSynchronised, Outcome.Fail, "has not synchronised");
        host.Stop("systemd-timesyncd.service");
        await AssertAsync(UbuntuRules.ClockSynchronised, Outcome.Fail, "no time daemon that this agent knows runs");
        host.Service("ntpsec.service");
        await AssertAsync(UbuntuRules.ClockSynchronised, Outcome.Unknown, "could not be asked");
    }

    [Theory]
    [InlineData("A9FEA97B,169.254.169.123,4,{0},0.000004,0.000002,0.00001,-12.3,0.0,0.01,0.0004,0.0003,16.2,Normal", Outcome.Pass, "chrony keeps the clock")]
    [InlineData("A9FEA97B,169.254.169.123,4,{0},-7.5,0.000002,0.00001,-12.3,0.0,0.01,0.0004,0.0003,16.2,Normal", Outcome.Fail, "wrong by 7.5")]
    [InlineData("00000000,,0,0.000000000,0.000000,0.0,0.0,-12.3,0.0,0.01,1.0,1.0,0.0,Not synchronised", Outcome.Fail, "is not synchronised")]
    [InlineData("7F7F0101,,8,{0},0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,Normal", Outcome.Fail, "its own clock")]
    [InlineData("506 Cannot talk to daemon", Outcome.Unknown, "another form")]
    [InlineData("A,b,4,{0},x,0,0,0,0,0,0,0,16,Normal", Outcome.Unknown, "not a number")]
    public async Task Chrony_is_asked_where_the_kernel_is_not(string answer, object outcome, string words)
    {
        host.Service("chrony.service");
        host.Commands = $"$ /usr/bin/chronyc -c -n tracking\n> {string.Format(null, answer, UbuntuHost.Now.AddSeconds(-30).ToUnixTimeSeconds())}\n";
        await AssertAsync(UbuntuRules.ClockSynchronised, outcome, words);
    }

    [Theory]
    [InlineData(600, Outcome.Pass, "which is wrong by less than 5 s")]
    [InlineData(6000, Outcome.Fail, "nothing has corrected it for 200 minutes")]
    public void The_kernels_bound_is_an_age(int milliseconds, object outcome, string words)
    {
        var finding = ClockVerdict.Judge(ClockState.OfKernel(new KernelClock(true, TimeSpan.FromMilliseconds(milliseconds)), null), UbuntuHost.Now);
        Assert.Equal((Outcome)outcome, finding.Outcome);
        Assert.Contains(words, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_real_kernel_answers()
    {
        var clock = KernelClock.Read(new Machine("/", Command.RunAsync));
        Assert.NotNull(clock);
        Assert.InRange(clock.GreatestError, TimeSpan.Zero, TimeSpan.FromSeconds(17));
    }

    [Theory]
    [InlineData("*.* @@logs.internal:514\n", Outcome.Fail, "in clear")]
    [InlineData("*.* @10.0.0.9\n", Outcome.Fail, "in clear")]
    [InlineData("auth,authpriv.* @@(o)logs.internal:6514;Form\n", Outcome.Fail, "logs.internal in clear")]
    [InlineData("$DefaultNetstreamDriver gtls\n$ActionSendStreamDriverMode 1\n$ActionSendStreamDriverAuthMode x509/name\n*.* @@logs.internal:6514\n", Outcome.Pass, "logs.internal over TLS")]
    [InlineData("$DefaultNetstreamDriver gtls\n$ActionSendStreamDriverMode 0\n*.* @@logs.internal:6514\n", Outcome.Fail, "in clear")]
    [InlineData("$DefaultNetstreamDriver gtls\n$ActionSendStreamDriverMode 1\n$ActionSendStreamDriverAuthMode anon\n*.* @@logs.internal:6514\n", Outcome.Fail, "nothing checks")]
    [InlineData("$DefaultNetstreamDriver gtls\n$ActionSendStreamDriverMode 1\n*.* action(type=\"omfwd\" target=\"a\" protocol=\"tcp\")\n", Outcome.Fail, "in clear")]
    [InlineData("*.* action(type=\"omrelp\" target=\"logs.internal\" tls=\"on\" tls.authmode=\"name\")\n", Outcome.Pass, "RELP over TLS")]
    [InlineData("*.* action(type=\"omrelp\" target=\"logs.internal\")\n", Outcome.Fail, "in clear")]
    [InlineData("global(DefaultNetstreamDriver=\"gtls\")\naction(type=\"omfwd\" target=\"a\" protocol=\"tcp\" streamdrivermode=\"1\" streamdriverauthmode=\"x509/certvalid\")\n", Outcome.Pass, "to a over TLS")]
    [InlineData("mail.* action(type=\"omfwd\" target=\"a\" protocol=\"tcp\" streamdriver=\"gtls\" streamdrivermode=\"1\" streamdriverauthmode=\"x509/name\")\n", Outcome.Fail, "not among the logs")]
    [InlineData("if $programname == 'x' then {\n action(type=\"omfwd\" target=\"a\" protocol=\"tcp\" streamdriver=\"gtls\" streamdrivermode=\"1\" streamdriverauthmode=\"x509/name\")\n}\n", Outcome.Unknown, "under a condition")]
    [InlineData("*.* @@127.0.0.1:514\n", Outcome.Unknown, "a program on this host")]
    [InlineData("#*.* @@logs.internal\nauth.* /var/log/auth.log\n", Outcome.Fail, "stay on this host")]
    [InlineData("*.* action(type=\"omfwd\" target=\"a\"\n", Outcome.Unknown, "without its )")]
    public async Task Logs_leave_the_host_over_TLS_or_not(string text, object outcome, string words)
    {
        host.Rsyslog(text);
        await AssertAsync(UbuntuRules.AuditLogged, outcome, words);
    }

    [Fact]
    public async Task Configuration_newer_than_rsyslogd_proves_nothing()
    {
        host.List("/etc/rsyslog.d/50-forward.conf", "0644 root:root", UbuntuHost.Now);
        await AssertAsync(UbuntuRules.AuditLogged, Outcome.Unknown, "was changed since");
    }

    [Theory]
    [InlineData("[Upload]\nURL=https://logs.internal:19532\n", Outcome.Pass, "logs.internal over HTTPS")]
    [InlineData("[Upload]\nURL=http://logs.internal:19532\n", Outcome.Fail, "in clear")]
    [InlineData("[Upload]\nURL=https://logs.internal\nTrustedCertificateFile=all\n", Outcome.Fail, "nothing checks")]
    [InlineData("[Upload]\n# URL=\n", Outcome.Fail, "stay on this host")]
    public async Task The_journal_may_be_uploaded_instead(string text, object outcome, string words)
    {
        host.Stop("rsyslog.service");
        host.Service("systemd-journal-upload.service");
        host.Write("/etc/systemd/journal-upload.conf", text);
        await AssertAsync(UbuntuRules.AuditLogged, outcome, words);
    }

    [Fact]
    public async Task Another_shipper_is_not_judged()
    {
        host.Stop("rsyslog.service");
        host.Service("filebeat.service");
        await AssertAsync(UbuntuRules.AuditLogged, Outcome.Unknown, "filebeat.service runs");
    }

    [Theory]
    [InlineData("*.*", true)]
    [InlineData("*.info;mail.none", true)]
    [InlineData("auth,authpriv.*", true)]
    [InlineData("*.*;authpriv.none", false)]
    [InlineData("*.warning", false)]
    [InlineData("auth.*", false)]
    [InlineData(":programname, isequal, \"sshd\"", null)]
    public void A_selector_takes_logins_or_not(string selector, bool? takes) => Assert.Equal(takes, RsyslogFilter.Selects(selector));
}
