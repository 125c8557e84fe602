using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Ossec;

namespace Ratchet.Agent.Tests.Checks.Ossec;

public sealed class ConnectionTests : IDisposable
{
    static readonly Rule Rule = OssecRules.ManagerConnected;

    readonly OssecHost host = new();

    public void Dispose() => host.Dispose();

    [Fact]
    public Task Without_a_lock_the_agent_is_connected() => host.AssertAsync(Rule, Outcome.Pass, "connected to manager 10.0.0.5: no lock, so it has answered within 30 min");

    [Fact]
    public async Task A_lock_names_its_age_and_the_manager()
    {
        host.Lock(OssecHost.Now.AddMinutes(-47));
        await host.AssertAsync(Rule, Outcome.Fail, "locked for 47 min: manager 10.0.0.5 has not answered since 11:13 UTC");
    }

    [Fact]
    public async Task A_lock_of_a_moment_is_no_outage()
    {
        host.Lock(OssecHost.Now.AddSeconds(-2));
        await host.AssertAsync(Rule, Outcome.Pass, "idle agents do so for a moment");
    }

    [Fact]
    public async Task A_lock_left_behind_by_a_dead_agentd_is_a_dead_agentd()
    {
        host.Lock(OssecHost.Now.AddHours(-1));
        host.Kill("agentd");
        await host.AssertAsync(Rule, Outcome.Fail, "ossec-agentd does not run; its lock of 11:00 UTC was left behind");
    }

    [Fact]
    public async Task An_agentd_that_sends_nothing_hangs()
    {
        host.Sent(OssecHost.Now.AddMinutes(-6));
        await host.AssertAsync(Rule, Outcome.Fail, "ossec-agentd hangs: it last sent 6 min ago");
    }

    [Fact]
    public async Task The_usual_gap_of_an_idle_agent_is_no_hang()
    {
        host.Sent(OssecHost.Now.AddSeconds(-130));
        await host.AssertAsync(Rule, Outcome.Pass, "connected");
    }

    [Fact]
    public async Task Without_logcollector_the_gap_may_be_as_long_as_notify_time()
    {
        host.Kill("logcollector");
        host.Sent(OssecHost.Now.AddMinutes(-6));
        await host.AssertAsync(Rule, Outcome.Pass, "connected");
        host.Sent(OssecHost.Now.AddMinutes(-12));
        await host.AssertAsync(Rule, Outcome.Fail, "hangs");
    }

    [Fact]
    public async Task Slower_rounds_of_logcollector_are_known()
    {
        host.Write("/var/ossec/etc/local_internal_options.conf", "# slow\nlogcollector.loop_timeout=10\n");
        host.Sent(OssecHost.Now.AddMinutes(-6));
        await host.AssertAsync(Rule, Outcome.Pass, "connected");
    }

    [Fact]
    public async Task A_clock_that_was_set_back_is_unknown()
    {
        host.Sent(OssecHost.Now.AddHours(1));
        await host.AssertAsync(Rule, Outcome.Unknown, "in the future");
        host.Lock(OssecHost.Now.AddHours(1));
        await host.AssertAsync(Rule, Outcome.Unknown, "in the future");
    }

    [Fact]
    public async Task An_agentd_that_never_sent_is_unknown()
    {
        host.Delete("/var/ossec/queue/rids/sender_counter");
        await host.AssertAsync(Rule, Outcome.Unknown, "never sent");
    }

    [Theory]
    [InlineData("connected", 2, nameof(Outcome.Pass), "connected to")]
    [InlineData("disconnected", 2, nameof(Outcome.Fail), "disconnected from")]
    [InlineData("pending", 2, nameof(Outcome.Fail), "waits for")]
    [InlineData("connected", 90, nameof(Outcome.Fail), "hangs: it has not written its state for 90 s")]
    [InlineData("", 2, nameof(Outcome.Unknown), "no known status")]
    [InlineData("connected'\nstatus='x", 2, nameof(Outcome.Unknown), "no known status")]
    public async Task Wazuh_says_it_itself_while_it_writes(string status, int age, string outcome, string words)
    {
        Wazuh(status, age);
        await host.AssertAsync(Rule, outcome, words);
    }

    [Fact]
    public async Task A_state_file_that_a_killed_agentd_left_proves_nothing()
    {
        Wazuh("connected", 2);
        Directory.Delete(host.Root + "/proc/100", recursive: true);
        await host.AssertAsync(Rule, Outcome.Fail, "wazuh-agentd does not run");
    }

    void Wazuh(string status, int age)
    {
        foreach (var file in Directory.GetFiles(host.Root + "/var/ossec/bin")) File.Delete(file);
        foreach (var name in new[] { "agentd", "syscheckd" }) host.Write("/var/ossec/bin/wazuh-" + name, "");
        host.Process(100, "/var/ossec/bin/wazuh-agentd");
        host.Write("/var/ossec/var/run/wazuh-agentd.state", $"# status='connected'\nstatus='{status}'\nlast_ack='2026-11-21 11:59:00'\n", "0640 ossec:ossec", OssecHost.Now.AddSeconds(-age));
    }
}
