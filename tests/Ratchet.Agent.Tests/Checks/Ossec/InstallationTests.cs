using System.Net.Sockets;
using Ratchet.Agent.Checks.Ossec;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Ossec;

public sealed class InstallationTests : IDisposable
{
    readonly OssecHost host = new();

    public void Dispose() => host.Dispose();

    [Fact]
    public async Task Without_an_installation_one_rule_fails_and_the_others_do_not_apply()
    {
        host.Delete("/etc/ossec-init.conf");
        Directory.Delete(host.Root + "/var/ossec", recursive: true);
        var findings = await host.CheckAsync();
        Assert.Equal(Outcome.Fail, findings[0].Outcome);
        Assert.Equal(OssecRules.Installed, findings[0].Rule);
        Assert.All(findings.Skip(1), finding => Assert.Equal(Outcome.NotApplicable, finding.Outcome));
    }

    [Fact]
    public async Task It_is_found_where_the_init_file_says()
    {
        Directory.CreateDirectory(host.Root + "/opt");
        Directory.Move(host.Root + "/var/ossec", host.Root + "/opt/hids");
        host.Write("/etc/ossec-init.conf", "DIRECTORY=\"/opt/hids\"\nVERSION='v3.8.0'\nTYPE=\"agent\"\n");
        await host.AssertAsync(OssecRules.Installed, Outcome.Pass, "OSSEC agent v3.8.0 in /opt/hids");
    }

    [Fact]
    public async Task A_directory_behind_links_is_the_one_that_the_kernel_names()
    {
        Directory.CreateDirectory(host.Root + "/srv/hids");
        Directory.Move(host.Root + "/var/ossec", host.Root + "/srv/hids/ossec");
        File.CreateSymbolicLink(host.Root + "/opt", "srv");
        File.CreateSymbolicLink(host.Root + "/var/ossec", "../opt/./hids/ossec");
        foreach (var (pid, name) in new[] { (100, "agentd"), (101, "logcollector"), (102, "syscheckd"), (103, "execd") })
            host.Process(pid, "/var/ossec/bin/ossec-" + name, executable: "/srv/hids/ossec/bin/ossec-" + name);
        await host.AssertAsync(OssecRules.DaemonsRunning, Outcome.Pass, "run");
    }

    [Fact]
    public async Task Two_installations_have_subjects_of_their_own()
    {
        host.Write("/etc/ossec-init.conf", "DIRECTORY=\"/opt/hids\"\nTYPE=\"agent\"\n");
        host.Write("/opt/hids/bin/ossec-agentd", "");
        var findings = await host.CheckAsync();
        Assert.Equal(["/opt/hids", "/var/ossec"], findings.Select(finding => finding.Subject).Distinct());
        // The daemons of the one are not those of the other.
        Assert.Equal([Outcome.Fail, Outcome.Pass], findings.Where(finding => finding.Rule == OssecRules.DaemonsRunning).Select(finding => finding.Outcome));
    }

    [Theory]
    [InlineData("DIRECTORY=\"var/ossec\"")]
    [InlineData("DIRECTORY=\"/var/../etc\"")]
    [InlineData("DIRECTORY=\"/\"")]
    [InlineData("DIRECTORY=\"/a234567890123456789012345678901234567890123456789012345678901234567890123456789012\"")]
    [InlineData("TYPE=\"agent\"")]
    public void An_unusable_directory_is_refused(string init)
    {
        host.Write("/etc/ossec-init.conf", init + "\n");
        Assert.Throws<FormatException>(() => Installation.Find(host.Machine()));
    }

    [Theory]
    [InlineData("agentd syscheckd", "wazuh-", "Agent")]
    [InlineData("analysisd remoted", "wazuh-", "Server")]
    [InlineData("analysisd", "wazuh-", "Local")]
    [InlineData("analysisd remoted", "wazuh-manager-", "Server")]
    [InlineData("analysisd remoted", "ossec-", "Server")]
    public void The_role_is_seen_from_the_programs(string programs, string prefix, string role)
    {
        host.Delete("/etc/ossec-init.conf");
        Directory.Delete(host.Root + "/var/ossec/bin", recursive: true);
        foreach (var program in programs.Split(' ')) host.Write($"/var/ossec/bin/{prefix}{program}", "");
        var found = Assert.Single(Installation.Find(host.Machine()));
        Assert.Equal((role, prefix, prefix != "ossec-"), (found.Role.ToString(), found.Prefix, found.IsWazuh));
    }

    [Fact]
    public async Task A_broken_version_file_leaves_the_version_out()
    {
        host.Write("/var/ossec/VERSION.json", "[1]");
        await host.AssertAsync(OssecRules.Installed, Outcome.Pass, "Wazuh agent in /var/ossec");
    }

    [Fact]
    public void A_datagram_socket_is_asked_without_sending()
    {
        var path = host.Root + "/queue";
        Assert.Equal(SocketAnswer.Absent, DatagramSocket.Ask(path));
        using (var reader = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified))
        {
            reader.Bind(new UnixDomainSocketEndPoint(path));
            Assert.Equal(SocketAnswer.Accepted, DatagramSocket.Ask(path));
            Assert.Equal(0, reader.Available);
            Assert.True(UnixDiag.IsBound(host.Machine().Status("/queue")!.Inode));
            Assert.False(UnixDiag.IsBound(host.Machine().Status("/etc")!.Inode));
        }
        File.Delete(path);
        using (var stale = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified)) stale.Bind(new UnixDomainSocketEndPoint(host.Root + "/other"));
        // .NET removes the file when it closes the socket; a crash does not.
        File.WriteAllText(path, "");
        Assert.Equal(SocketAnswer.Refused, DatagramSocket.Ask(path));
    }

    [Fact]
    [Shows("ossec.queue-accepting", Outcome.Pass, Outcome.Fail)]
    public void A_queue_accepts_while_somebody_reads_it()
    {
        var installation = new Installation(host.Root + "/var/ossec", "ossec-", false, Role.Agent, null, null);
        var machine = new Machine("/", Command.RunAsync);
        var daemons = Daemons.Look(machine, installation);
        Directory.CreateDirectory(installation.QueueDirectory);
        using (var reader = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified))
        {
            reader.Bind(new UnixDomainSocketEndPoint(installation.QueueDirectory + "/queue"));
            Assert.Equal(Outcome.Pass, QueueVerdict.Judge(machine, installation, daemons, "ossec").Note().Outcome);
        }
        Assert.Contains("is missing", QueueVerdict.Judge(machine, installation, daemons, "ossec").Note().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_grace_of_the_lock_is_checked() =>
        Assert.Contains(SettingsRules.Broken(new Settings { Ossec = new OssecSettings { LockGrace = TimeSpan.FromSeconds(1) } }), broken => broken.Place == "$.ossec.lockGrace");
}
