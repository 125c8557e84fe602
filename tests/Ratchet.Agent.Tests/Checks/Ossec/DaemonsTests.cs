using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Ossec;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Ossec;

public sealed class DaemonsTests : IDisposable
{
    readonly OssecHost host = new();

    public void Dispose() => host.Dispose();

    [Fact]
    public Task All_daemons_running_once_pass() => host.AssertAsync(OssecRules.DaemonsRunning, Outcome.Pass, "agentd, logcollector, syscheckd, execd run");

    [Theory]
    [InlineData("agentd")]
    [InlineData("logcollector")]
    [InlineData("syscheckd")]
    [InlineData("execd")]
    public async Task A_dead_daemon_fails(string daemon)
    {
        host.Kill(daemon);
        await host.AssertAsync(OssecRules.DaemonsRunning, Outcome.Fail, $"ossec-{daemon} does not run");
    }

    [Theory]
    [InlineData("<active-response><disabled>yes</disabled></active-response>", nameof(Outcome.Pass), "switched off in ossec.conf: execd")]
    [InlineData("<active-response><disabled>no</disabled></active-response>", nameof(Outcome.Fail), "ossec-execd does not run")]
    [InlineData("<active-response><disabled>no</disabled></active-response><active-response><disabled>yes</disabled></active-response>", nameof(Outcome.Fail), "ossec-execd does not run")]
    [InlineData("<!-- <active-response><disabled>yes</disabled></active-response> -->", nameof(Outcome.Fail), "ossec-execd does not run")]
    [InlineData("<active-response><disabled>yes</disabled>", nameof(Outcome.Unknown), "whether it should cannot be read")]
    public async Task Execd_may_be_absent_where_active_response_is_off(string conf, string outcome, string words)
    {
        host.Kill("execd");
        host.Conf(OssecHost.Client + OssecHost.Scans + conf);
        await host.AssertAsync(OssecRules.DaemonsRunning, outcome, words);
    }

    [Fact]
    public async Task A_daemon_stopped_by_a_signal_fails()
    {
        host.Process(100, "/var/ossec/bin/ossec-agentd", state: 'T');
        await host.AssertAsync(OssecRules.DaemonsRunning, Outcome.Fail, "ossec-agentd is stopped by a signal");
        await host.AssertAsync(OssecRules.ManagerConnected, Outcome.Fail, "stopped by a signal");
        await host.AssertAsync(OssecRules.QueueAccepting, Outcome.Fail, "stopped by a signal");
    }

    [Fact]
    public async Task A_dead_child_that_nobody_buried_does_not_run()
    {
        host.Process(100, "/var/ossec/bin/ossec-agentd", state: 'Z');
        await host.AssertAsync(OssecRules.DaemonsRunning, Outcome.Fail, "ossec-agentd does not run");
    }

    [Fact]
    public async Task Two_syscheckd_fail_but_a_child_on_its_way_to_another_program_does_not()
    {
        host.Process(200, "/var/ossec/bin/ossec-syscheckd", parent: 102);
        await host.AssertAsync(OssecRules.DaemonsRunning, Outcome.Pass, "run");
        host.Process(200, "/var/ossec/bin/ossec-syscheckd");
        await host.AssertAsync(OssecRules.DaemonsRunning, Outcome.Fail, "2 ossec-syscheckd run at once");
    }

    [Fact]
    public async Task Two_of_which_one_hides_are_unknown_and_one_in_a_container_does_not_count()
    {
        host.Process(200, "/var/ossec/bin/ossec-syscheckd", executable: null);
        await host.AssertAsync(OssecRules.DaemonsRunning, Outcome.Unknown, "CAP_SYS_PTRACE");
        host.Process(200, "/var/ossec/bin/ossec-syscheckd", executable: null, pids: "200\t7");
        await host.AssertAsync(OssecRules.DaemonsRunning, Outcome.Pass, "run");
    }

    [Fact]
    public async Task A_process_that_only_has_the_name_is_not_the_daemon()
    {
        host.Process(100, "/var/ossec/bin/ossec-agentd", executable: "/tmp/ossec-agentd");
        await host.AssertAsync(OssecRules.DaemonsRunning, Outcome.Fail, "ossec-agentd does not run");
    }

    [Theory]
    [InlineData(0, nameof(Outcome.Pass))]
    [InlineData(996, nameof(Outcome.Pass))]
    [InlineData(1000, nameof(Outcome.Fail))]
    public async Task Where_the_executable_is_hidden_the_first_argument_counts_for_the_daemons_own_users(uint uid, string outcome)
    {
        host.Process(100, "/var/ossec/bin/ossec-agentd", executable: null, uid: uid);
        await host.AssertAsync(OssecRules.DaemonsRunning, outcome, "");
    }

    [Fact]
    public async Task A_replaced_program_still_runs()
    {
        host.Process(100, "/var/ossec/bin/ossec-agentd", executable: "/var/ossec/bin/ossec-agentd (deleted)");
        await host.AssertAsync(OssecRules.DaemonsRunning, Outcome.Pass, "run");
    }

    [Fact]
    public async Task A_daemon_that_is_missing_while_the_others_start_is_unknown()
    {
        host.Kill("syscheckd");
        host.Process(101, "/var/ossec/bin/ossec-logcollector", started: OssecHost.Now.AddSeconds(-3));
        await host.AssertAsync(OssecRules.DaemonsRunning, Outcome.Unknown, "being started");
    }

    [Fact]
    [Shows("ossec.daemons-running", Outcome.Unknown)]
    [Shows("ossec.manager-connected", Outcome.Unknown)]
    public async Task A_proc_that_hides_others_proves_no_absence()
    {
        Directory.Delete(host.Root + "/proc/1", recursive: true);
        host.Kill("agentd");
        await host.AssertAsync(OssecRules.DaemonsRunning, Outcome.Unknown, "does not show the processes of others");
        await host.AssertAsync(OssecRules.ManagerConnected, Outcome.Unknown, "does not show the processes of others");
    }

    [Fact]
    public async Task A_server_is_judged_by_its_own_daemons()
    {
        host.Write("/etc/ossec-init.conf", "DIRECTORY=\"/var/ossec\"\nTYPE=\"server\"\n");
        host.Delete("/var/ossec/bin/ossec-agentd");
        foreach (var name in new[] { "analysisd", "remoted", "monitord" }) host.Write("/var/ossec/bin/ossec-" + name, "");
        host.Kill("agentd");
        host.Run("analysisd", "logcollector", "syscheckd", "execd", "monitord");
        await host.AssertAsync(OssecRules.DaemonsRunning, Outcome.Fail, "ossec-remoted does not run");
        // Each kind of connection is served by a process of its own.
        host.Process(300, "/var/ossec/bin/ossec-remoted");
        host.Process(301, "/var/ossec/bin/ossec-remoted");
        await host.AssertAsync(OssecRules.DaemonsRunning, Outcome.Pass, "switched off in ossec.conf: maild");
        await host.AssertAsync(OssecRules.ManagerConnected, Outcome.NotApplicable, "server");
        host.Write("/var/ossec/etc/client.keys", $"1 a any {OssecHost.Key}\n1 b any {OssecHost.Key}\n", "0640 root:ossec");
        await host.AssertAsync(OssecRules.KeysValid, Outcome.Fail, "2 keys have the id 1");
    }

    [Fact]
    public async Task A_local_installation_has_neither_manager_nor_keys()
    {
        host.Write("/etc/ossec-init.conf", "DIRECTORY=\"/var/ossec\"\nTYPE=\"local\"\n");
        host.Delete("/var/ossec/bin/ossec-agentd");
        host.Write("/var/ossec/bin/ossec-analysisd", "");
        host.Kill("agentd");
        host.Run("analysisd", "logcollector", "syscheckd", "execd");
        host.Conf(OssecHost.Scans + "<global><email_notification>yes</email_notification></global>");
        await host.AssertAsync(OssecRules.DaemonsRunning, Outcome.Fail, "ossec-monitord, ossec-maild do not run");
        await host.AssertAsync(OssecRules.ManagerConnected, Outcome.NotApplicable, "local");
        await host.AssertAsync(OssecRules.KeysValid, Outcome.NotApplicable, "local");
        await host.AssertAsync(OssecRules.SyscheckRecent, Outcome.Pass, "2 h ago");
    }
}
