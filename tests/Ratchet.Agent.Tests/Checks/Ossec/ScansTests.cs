using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Ossec;

namespace Ratchet.Agent.Tests.Checks.Ossec;

public sealed class ScansTests : IDisposable
{
    static readonly Rule Rule = OssecRules.SyscheckRecent;

    readonly OssecHost host = new();

    public void Dispose() => host.Dispose();

    [Theory]
    [InlineData(2, nameof(Outcome.Pass), "ended 2 h ago, due every 22 h")]
    [InlineData(24, nameof(Outcome.Pass), "ended 24 h ago")] // 22 h, a tenth, and the 15 min that the scans take
    [InlineData(25, nameof(Outcome.Fail), "ended 25 h ago; scans are due every 22 h")]
    [InlineData(72, nameof(Outcome.Fail), "ended 3 d ago")]
    public async Task A_scan_is_recent_by_the_configured_frequency(int hours, string outcome, string words)
    {
        host.Log(OssecHost.Scan(OssecHost.Now.AddHours(-hours)));
        await host.AssertAsync(Rule, outcome, words);
        await host.AssertAsync(OssecRules.RootcheckRecent, outcome, words.Replace("syscheck", "rootcheck", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("<syscheck><disabled>yes</disabled><directories>/etc</directories></syscheck>", nameof(Outcome.Fail), "switched off in ossec.conf")]
    [InlineData("<syscheck><frequency>300</frequency></syscheck>", nameof(Outcome.Fail), "no directories")]
    [InlineData("<syscheck><frequency>often</frequency><directories>/etc</directories></syscheck>", nameof(Outcome.Unknown), "not a number of seconds")]
    [InlineData("<syscheck><directories>/etc</directories></syscheck>", nameof(Outcome.Fail), "due every 10 min")]
    [InlineData("<syscheck><scan_time>02:00</scan_time><directories>/etc</directories></syscheck>", nameof(Outcome.Pass), "due every 24 h")]
    [InlineData("<syscheck><scan_day>monday</scan_day><directories>/etc</directories></syscheck>", nameof(Outcome.Pass), "due every 7 d")]
    [InlineData("<syscheck><frequency>300</frequency><directories>/etc</directories></syscheck><syscheck><frequency>86400</frequency></syscheck>", nameof(Outcome.Pass), "due every 24 h")]
    [InlineData("<syscheck><directories>/etc</directories>", nameof(Outcome.Unknown), "is not closed")]
    public async Task The_configuration_says_how_often(string conf, string outcome, string words)
    {
        host.Conf(OssecHost.Client + conf);
        await host.AssertAsync(Rule, outcome, words);
    }

    [Theory]
    [InlineData("<agent_config><syscheck><disabled>yes</disabled></syscheck></agent_config>", nameof(Outcome.Fail))]
    [InlineData("<agent_config os=\"Linux\"><syscheck><disabled>yes</disabled></syscheck></agent_config>", nameof(Outcome.Fail))]
    [InlineData("<agent_config os=\"Windows\"><syscheck><disabled>yes</disabled></syscheck></agent_config>", nameof(Outcome.Pass))]
    [InlineData("<agent_config name=\"db01|web01\"><syscheck><disabled>yes</disabled></syscheck></agent_config>", nameof(Outcome.Fail))]
    [InlineData("<agent_config name=\"^db\"><syscheck><disabled>yes</disabled></syscheck></agent_config>", nameof(Outcome.Pass))]
    [InlineData("<agent_config profile=\"tomcat\"><syscheck><disabled>yes</disabled></syscheck></agent_config>", nameof(Outcome.Pass))]
    [InlineData("<agent_config><syscheck>", nameof(Outcome.Unknown))]
    public async Task What_the_manager_sends_stands_above_the_agents_own(string shared, string outcome)
    {
        host.Write("/var/ossec/etc/shared/agent.conf", shared);
        await host.AssertAsync(Rule, outcome, "");
    }

    [Fact]
    public async Task A_scan_that_runs_is_told_and_passes_while_the_last_is_recent()
    {
        host.Log(OssecHost.Scan(OssecHost.Now.AddHours(-23)) + Start(OssecHost.Now.AddHours(-1)));
        await host.AssertAsync(Rule, Outcome.Pass, "a syscheck scan runs since 11:00 UTC; the last one ended 23 h ago");
    }

    [Fact]
    public async Task A_scan_that_never_ends_fails()
    {
        host.Log(OssecHost.Scan(OssecHost.Now.AddDays(-4)) + Start(OssecHost.Now.AddDays(-3)));
        host.Process(102, "/var/ossec/bin/ossec-syscheckd", started: OssecHost.Now.AddDays(-5));
        await host.AssertAsync(Rule, Outcome.Fail, "(3 d) and has not ended");
    }

    [Fact]
    public async Task A_scan_that_a_restart_cut_short_does_not_run()
    {
        host.Log(OssecHost.Scan(OssecHost.Now.AddHours(-26)) + Start(OssecHost.Now.AddHours(-2)));
        host.Process(102, "/var/ossec/bin/ossec-syscheckd", started: OssecHost.Now.AddHours(-1));
        await host.AssertAsync(Rule, Outcome.Fail, "the last syscheck scan ended 26 h ago");
    }

    [Fact]
    public async Task The_first_scan_is_unknown_until_it_is_due()
    {
        host.Log($"{OssecHost.Stamp(OssecHost.Now.AddHours(-3))} ossec-syscheckd: INFO: Started (pid: 102).\n");
        host.Process(102, "/var/ossec/bin/ossec-syscheckd", started: OssecHost.Now.AddHours(-3));
        await host.AssertAsync(Rule, Outcome.Unknown, "started at 09:00 UTC and the first is due by 2026-11-22 09:12 UTC");
        host.Process(102, "/var/ossec/bin/ossec-syscheckd", started: OssecHost.Now.AddDays(-2));
        host.Log($"{OssecHost.Stamp(OssecHost.Now.AddDays(-2))} ossec-syscheckd: INFO: Started (pid: 102).\n");
        await host.AssertAsync(Rule, Outcome.Fail, "no syscheck scan has ended since");
    }

    [Fact]
    public async Task A_scan_that_waits_for_the_other_kind_is_not_late()
    {
        host.Log(OssecHost.Scan(OssecHost.Now.AddHours(-26)) + $"{OssecHost.Stamp(OssecHost.Now.AddHours(-4))} rootcheck: INFO: Starting rootcheck scan.\n");
        await host.AssertAsync(Rule, Outcome.Pass, "ended 26 h ago");
        host.Log(OssecHost.Scan(OssecHost.Now.AddHours(-30)) + $"{OssecHost.Stamp(OssecHost.Now.AddHours(-4))} rootcheck: INFO: Starting rootcheck scan.\n");
        await host.AssertAsync(Rule, Outcome.Fail, "ended 30 h ago");
    }

    [Fact]
    public async Task A_log_that_does_not_reach_back_far_enough_is_unknown()
    {
        host.Log($"{OssecHost.Stamp(OssecHost.Now.AddHours(-1))} ossec-logcollector: INFO: Started (pid: 101).\n");
        await host.AssertAsync(Rule, Outcome.Unknown, "read back to 11:00 UTC");
    }

    [Fact]
    public async Task Times_in_the_future_are_unknown()
    {
        host.Log(OssecHost.Scan(OssecHost.Now.AddMinutes(30)));
        await host.AssertAsync(Rule, Outcome.Unknown, "in the future");
    }

    [Fact]
    public async Task The_log_is_in_the_zone_of_the_host()
    {
        host.Write("/etc/timezone", "America/Chicago\n");
        host.Log(OssecHost.Scan(OssecHost.Now.AddHours(-30)));
        await host.AssertAsync(Rule, Outcome.Pass, "ended 24 h ago");
    }

    [Fact]
    public async Task In_the_hour_that_comes_twice_both_meanings_must_agree()
    {
        host.Write("/etc/timezone", "Europe/Berlin\n");
        host.Conf(OssecHost.Client + "<syscheck><frequency>300</frequency><directories>/etc</directories></syscheck><rootcheck><frequency>79200</frequency></rootcheck>");
        // 02:30 is 00:30 and 01:30 UTC on that day.
        host.Log("2026/10/25 02:29:00 ossec-syscheckd: INFO: Starting syscheck scan.\n2026/10/25 02:30:00 ossec-syscheckd: INFO: Ending syscheck scan.\n" +
            "2026/10/25 02:29:00 rootcheck: INFO: Starting rootcheck scan.\n2026/10/25 02:30:00 rootcheck: INFO: Ending rootcheck scan.\n");
        host.Time = new DateTimeOffset(2026, 10, 25, 1, 35, 0, TimeSpan.Zero);
        await host.AssertAsync(Rule, Outcome.Unknown, "went through twice");
        await host.AssertAsync(OssecRules.RootcheckRecent, Outcome.Pass, "");
        host.Time = new DateTimeOffset(2026, 10, 25, 4, 0, 0, TimeSpan.Zero);
        await host.AssertAsync(Rule, Outcome.Fail, "");
    }

    [Theory]
    [InlineData("ossec-syscheckd: ERROR: cannot read 'x ossec-syscheckd: INFO: Ending syscheck scan.'")]
    [InlineData("ossec-logcollector: INFO: Ending syscheck scan.")]
    [InlineData("ossec-syscheckd: INFO: Ending syscheck scan.x")]
    [InlineData("ossec-syscheckd: INFO: Monitoring directory: 'Ending syscheck scan.'")]
    [InlineData("wazuh-syscheckd[1] '/x y.c:1 at z(): INFO: (6009): File integrity monitoring scan ended.")]
    [InlineData("xossec-syscheckd: INFO: Ending syscheck scan.")]
    public async Task A_quoted_line_is_no_scan(string line)
    {
        host.Log($"{OssecHost.Scan(OssecHost.Now.AddDays(-3))}{OssecHost.Stamp(OssecHost.Now.AddHours(-1))} {line}\n  {OssecHost.Stamp(OssecHost.Now)} ossec-syscheckd: INFO: Ending syscheck scan.\n");
        await host.AssertAsync(Rule, Outcome.Fail, "ended 3 d ago");
    }

    [Theory]
    [InlineData("wazuh-syscheckd: INFO: (6009): File integrity monitoring scan ended.", LogKind.SyscheckEnded)]
    [InlineData("wazuh-syscheckd[812] run_check.c:123 at fim_scan(): INFO: (6008): File integrity monitoring scan started.", LogKind.SyscheckStarted)]
    [InlineData("ossec-syscheckd: INFO: Ending syscheck scan (forwarding database).", LogKind.SyscheckEnded)]
    [InlineData("ossec-rootcheck: INFO: Ending rootcheck scan.", LogKind.RootcheckEnded)]
    [InlineData("rootcheck: INFO: Starting rootcheck scan.", LogKind.RootcheckStarted)]
    [InlineData("ossec-agentd(4102): INFO: Connected to server 10.0.0.5, port 1514.", LogKind.Connected)]
    [InlineData("INFO: Connected to 10.0.0.5 at address 10.0.0.5, port 1514", LogKind.Other)]
    [InlineData("wazuh-agentd: INFO: (4102): Connected to the server ([10.0.0.5]:1514/tcp).", LogKind.Connected)]
    [InlineData("ossec-syscheckd: WARN: Process locked. Waiting for permission...", LogKind.ScanHeld)]
    public void The_messages_of_each_maker_are_known(string message, object kind) =>
        Assert.Equal(kind, LogLine.Kind(System.Text.Encoding.UTF8.GetBytes("2026/11/21 19:10:08 " + message)));

    static string Start(DateTimeOffset time) => $"{OssecHost.Stamp(time)} ossec-syscheckd: INFO: Starting syscheck scan.\n";
}
