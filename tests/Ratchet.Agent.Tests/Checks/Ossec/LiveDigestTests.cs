using Ratchet.Agent.Checks.Ossec;

namespace Ratchet.Agent.Tests.Checks.Ossec;

/// <summary>The digest changes with what can change a verdict, and with nothing else.</summary>
public sealed class LiveDigestTests : IDisposable
{
    readonly OssecHost host = new();
    readonly Installation installation;
    readonly Daemons daemons;

    public LiveDigestTests()
    {
        installation = Assert.Single(Installation.Find(host.Machine()));
        daemons = Daemons.Look(host.Machine(), installation);
    }

    public void Dispose() => host.Dispose();

    [Fact]
    public void A_daemon_that_dies_or_is_stopped_changes_it_one_that_works_does_not()
    {
        var before = Digest();
        host.Process(100, "/var/ossec/bin/ossec-agentd", state: 'R');
        host.Sent(OssecHost.Now);
        Assert.Equal(before, Digest());
        host.Process(100, "/var/ossec/bin/ossec-agentd", state: 'T');
        var stopped = Digest();
        Assert.NotEqual(before, stopped);
        host.Kill("agentd");
        Assert.NotEqual(before, Digest());
        Assert.NotEqual(stopped, Digest());
    }

    [Fact]
    public void A_lock_changes_it_when_it_becomes_an_outage()
    {
        var before = Digest();
        host.Lock(OssecHost.Now.AddSeconds(-10));
        Assert.Equal(before, Digest());
        host.Lock(OssecHost.Now.AddSeconds(-40));
        Assert.NotEqual(before, Digest());
    }

    [Fact]
    public void The_pid_file_of_a_new_daemon_changes_it()
    {
        var before = Digest();
        host.Write("/var/ossec/var/run/ossec-syscheckd-300.pid", "300\n");
        Assert.NotEqual(before, Digest());
    }

    long Digest() => LiveDigest.Of(host.Machine(), [(installation, daemons)], TimeSpan.FromSeconds(30));
}
