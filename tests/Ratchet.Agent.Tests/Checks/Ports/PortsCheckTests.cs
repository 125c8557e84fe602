using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Checks.Ports;

public sealed class PortsCheckTests
{
    const string Docker = "/system.slice/docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope";

    static readonly Settings Tomcat = new() { Roles = ["tomcat"] };

    [Fact]
    public async Task Without_a_policy_every_rule_is_unknown_and_says_how_to_get_one()
    {
        using var host = new HostTree();
        var findings = await RunAsync(host, new Settings());
        Assert.Equal(PortRules.All, findings.Select(finding => finding.Rule));
        Assert.All(findings, finding => Assert.Equal(Outcome.Unknown, finding.Outcome));
        Assert.All(findings, finding => Assert.Contains("ratchet-agent ports --suggest", finding.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Restarting_services_changes_no_subject_and_no_verdict()
    {
        using var host = new HostTree()
            .Tcp(("00000000:1F90", 100), ("00000000:0016", 101), ("0100007F:2328", 102), ("0100007F:2329", 103))
            .Process(1, "/usr/lib/systemd/systemd", "/init.scope", 0, 101).File("/lib/systemd/system/ssh.socket", "[Socket]\nListenStream=22\n")
            .Process(500, "/usr/bin/java", "/system.slice/tomcat10.service", 999, 100)
            .Process(501, "/usr/bin/nc", "/user.slice/user-1000.slice/session-12.scope", 1000, 102)
            .Process(502, "/usr/bin/redis", Docker, 1000, 103);
        var before = await RunAsync(host, Tomcat);
        host.End(500).End(501).End(502)
            .Tcp(("0100007F:2329", 203), ("0100007F:2328", 202), ("00000000:0016", 101), ("00000000:1F90", 200))
            .Process(700, "/usr/bin/java (deleted)", "/system.slice/tomcat10.service", 999, 200)
            .Process(701, "/usr/bin/nc", "/user.slice/user-1000.slice/session-77.scope", 1000, 202)
            .Process(702, "/usr/bin/redis", Docker.Replace('0', 'f'), 1000, 203)
            .Process(703, "/usr/sbin/sshd", "/system.slice/ssh.service", 0, 101);
        var after = await RunAsync(host, Tomcat);
        Assert.Equal(before.Select(Key), after.Select(Key));
        Assert.Contains(("ports.expected-only", "tcp 0.0.0.0:8080 tomcat10.service", Outcome.Pass), after.Select(Key));
        Assert.Contains(("ports.expected-only", "tcp 0.0.0.0:22 ssh.service", Outcome.Pass), after.Select(Key));
        Assert.Contains(("ports.expected-only", "tcp 127.0.0.1:9000 /usr/bin/nc", Outcome.Fail), after.Select(Key));
        var java = after.First(finding => finding.Subject.Contains("8080", StringComparison.Ordinal));
        Assert.Equal("""{"protocol":"tcp","address":"0.0.0.0","port":8080,"reach":"any","executable":"/usr/bin/java","executable_deleted":true,"user":"tomcat","unit":"tomcat10.service"}""", java.Evidence.ToJson().ToJsonString());
    }

    [Fact]
    public async Task A_port_that_the_kernel_chose_is_another_after_a_restart_and_the_subject_and_its_verdict_stay()
    {
        // JMX: the registry where it was told to be, its objects and the local connector where the kernel put them.
        using var host = new HostTree().Tcp(("00000000:1F90", 100), ("00000000:1C1F", 101), ("00000000:B4EF", 102), ("00000000:8F5B", 103)).Process(500, "/usr/bin/java", "/system.slice/tomcat10.service", 999, 100, 101, 102, 103);
        var before = await RunAsync(host, Tomcat);
        host.End(500).Tcp(("00000000:1F90", 200), ("00000000:1C1F", 201), ("00000000:9C40", 202), ("00000000:EE47", 203)).Process(700, "/usr/bin/java", "/system.slice/tomcat10.service", 999, 200, 201, 202, 203);
        var after = await RunAsync(host, Tomcat);
        Assert.Equal(before.Select(Key).Order(), after.Select(Key).Order());
        foreach (var subject in new[] { "tcp 0.0.0.0:7199 tomcat10.service", "tcp 0.0.0.0:32768-60999 tomcat10.service", "tcp 0.0.0.0:32768-60999 tomcat10.service (2)" })
            Assert.Contains(("ports.expected-only", subject, Outcome.Fail), after.Select(Key));
        var second = after.Single(finding => finding.Subject.EndsWith("(2)", StringComparison.Ordinal));
        Assert.Contains("0.0.0.0:60999", second.Message, StringComparison.Ordinal);
        Assert.Contains("jmxremote.rmi.port", second.Message, StringComparison.Ordinal);
        Assert.Contains("\"port\":60999", second.Evidence.ToJson().ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_more_listener_on_a_port_of_chance_is_a_subject_of_its_own()
    {
        using var host = new HostTree().Tcp(("00000000:B4EF", 102)).Process(500, "/usr/bin/java", "/system.slice/tomcat10.service", 999, 102);
        var before = await RunAsync(host, Tomcat);
        host.Tcp(("00000000:B4EF", 102), ("00000000:8F5B", 103)).Process(501, "/usr/bin/nc", "/system.slice/tomcat10.service", 999, 103);
        var added = Assert.Single((await RunAsync(host, Tomcat)).Select(Key).Except(before.Select(Key)));
        Assert.Equal(("ports.expected-only", "tcp 0.0.0.0:32768-60999 tomcat10.service (2)", Outcome.Fail), added);
    }

    [Theory]
    [InlineData(40000, 40000, "tcp 0.0.0.0:40000 grpc.service", nameof(Outcome.Pass))]
    [InlineData(40000, 40010, "tcp 0.0.0.0:40000-40010 grpc.service", nameof(Outcome.Pass))]
    [InlineData(1024, 65535, "tcp 0.0.0.0:32768-60999 grpc.service", nameof(Outcome.Pass))]
    [InlineData(40001, 40010, "tcp 0.0.0.0:32768-60999 grpc.service", nameof(Outcome.Fail))]
    public async Task A_port_that_the_policy_names_is_called_by_it(int first, int last, string subject, string outcome)
    {
        using var host = new HostTree().Tcp(("00000000:9C40", 100)).Process(500, "/usr/bin/grpc", "/system.slice/grpc.service", 999, 100);
        var policy = new Settings { Ports = new PortSettings { Allow = [new PortEntry { Port = new PortRange(first, last), Unit = "grpc.service" }] } };
        Assert.Contains(("ports.expected-only", subject, Enum.Parse<Outcome>(outcome)), (await RunAsync(host, policy)).Select(Key));
    }

    [Fact]
    public async Task A_user_cannot_pass_for_a_service_by_the_name_of_a_cgroup()
    {
        using var host = new HostTree().Tcp(("00000000:1F90", 100))
            .Process(500, "/home/bob/java", "/user.slice/user-1000.slice/user@1000.service/app.slice/tomcat10.service", 1000, 100);
        Assert.Contains(("ports.expected-only", "tcp 0.0.0.0:8080 /home/bob/java", Outcome.Fail), (await RunAsync(host, Tomcat)).Select(Key));
    }

    [Fact]
    public async Task Workers_that_share_an_address_are_one_listener()
    {
        using var host = new HostTree().Tcp(("00000000:1F90", 100), ("00000000:1F90", 101))
            .Process(500, "/usr/bin/java", "/system.slice/tomcat10.service", 999, 100, 101).Process(501, "/usr/bin/java", "/system.slice/tomcat10.service", 999, 100, 101);
        var finding = Assert.Single(await RunAsync(host, Tomcat), finding => finding.Rule == PortRules.ExpectedOnly);
        Assert.Equal(Outcome.Pass, finding.Outcome);
        Assert.Null(finding.Evidence.ToJson()["other_holders"]);
    }

    [Fact]
    public async Task A_listener_of_a_container_is_judged_under_its_label_through_a_process_that_still_lives()
    {
        using var host = new HostTree()
            .Process(500, "/usr/bin/sh", Docker, 0).Link("/proc/500/ns/net", "net:[2]")
            .Process(501, "/usr/bin/redis", Docker, 0, 300).Link("/proc/501/ns/net", "net:[2]")
            .File("/proc/501/net/tcp", HostTree.Table("0A", ("00000000:18EB", 300)));
        Assert.Contains(("ports.expected-only", "tcp 0.0.0.0:6379 /usr/bin/redis in docker:0123456789ab", Outcome.Fail), (await RunAsync(host, Tomcat)).Select(Key));
    }

    [Fact]
    public async Task The_ssh_server_of_a_container_is_not_the_host_s()
    {
        using var host = new HostTree()
            .Process(500, "/usr/sbin/sshd", "/lxc.payload.web/system.slice/ssh.service", 0, 300).Link("/proc/500/ns/net", "net:[2]")
            .File("/proc/500/net/tcp", HostTree.Table("0A", ("00000000:0016", 300)));
        var findings = (await RunAsync(host, Tomcat)).Select(Key).ToList();
        Assert.Contains(("ports.expected-only", "tcp 0.0.0.0:22 /usr/sbin/sshd in lxc:web", Outcome.Fail), findings);
        Assert.Contains(findings, finding => finding.Item1 == "ports.expected-present" && finding.Item2.StartsWith("tcp 22 ", StringComparison.Ordinal) && finding.Item3 == Outcome.Fail);
        Assert.DoesNotContain(findings, finding => finding is { Item1: "ports.reach-limited", Item3: Outcome.Pass });
        host.Tcp(("00000000:0016", 301)).Process(501, "/usr/sbin/sshd", "/system.slice/ssh.service", 0, 301);
        Assert.Contains(await RunAsync(host, Tomcat), finding => finding.Rule.Id == "ports.expected-present" && finding.Subject.StartsWith("tcp 22 ", StringComparison.Ordinal) && finding.Outcome == Outcome.Pass);
    }

    [Fact]
    public async Task A_host_without_socket_tables_is_an_error_and_no_verdict()
    {
        using var host = new HostTree();
        File.Delete(host.Path("/proc/net/tcp"));
        await Assert.ThrowsAsync<IOException>(() => RunAsync(host, Tomcat));
    }

    [Fact]
    public void The_digest_is_the_same_in_any_order_and_differs_for_another_inode_or_namespace()
    {
        using var host = new HostTree().Tcp(("00000000:1F90", 100), ("00000000:0016", 101));
        var sockets = PortSurvey.OwnSockets(host.Machine);
        var clients = new PortRange(32768, 60999);
        var digest = SocketDigest.Sum(sockets, "", clients);
        Assert.Equal(digest, SocketDigest.Sum(sockets.AsEnumerable().Reverse(), "", clients));
        Assert.NotEqual(digest, SocketDigest.Sum(sockets, "net:[2]", clients));
        Assert.NotEqual(digest, SocketDigest.Sum([sockets[0], sockets[1] with { Inode = 102 }], "", clients));
        Assert.NotEqual(digest, SocketDigest.Sum(sockets[..1], "", clients));
    }

    static (string, string, Outcome) Key(Finding finding) => (finding.Rule.Id, finding.Subject, finding.Outcome);

    static Task<IReadOnlyList<Finding>> RunAsync(HostTree host, Settings settings) => new PortsCheck(settings).RunAsync(host.Machine, CancellationToken.None);
}
