using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Checks.Ports;

namespace Ratchet.Agent.Tests.Probes;

public sealed class ProcessTableTests
{
    [Theory]
    // The host itself: version 2 alone, version 1 alone, both.
    [InlineData("0::/init.scope", "0::/system.slice/ssh.service", "ssh.service")]
    [InlineData("1:name=systemd:/init.scope\n0::/", "3:pids:/\n1:name=systemd:/system.slice/ssh.service\n0::/", "ssh.service")]
    [InlineData("1:name=systemd:/init.scope\n0::/init.scope", "1:name=systemd:/system.slice/ssh.service\n0::/system.slice/ssh.service", "ssh.service")]
    // A container whose systemd keeps version 2, on a host that mounts version 1 as well.
    [InlineData("9:name=systemd:/\n4:memory:/../other\n0::/init.scope", "9:name=systemd:/\n4:memory:/../other\n0::/system.slice/ssh.service", "ssh.service")]
    // A container without a cgroup namespace sees the names of the host around it.
    [InlineData("0::/machine.slice/systemd-nspawn@web.service/payload/init.scope", "0::/machine.slice/systemd-nspawn@web.service/payload/system.slice/ssh.service", "ssh.service")]
    [InlineData("0::/machine.slice/systemd-nspawn@web.service", "0::/machine.slice/systemd-nspawn@web.service", null)]
    [InlineData("0::/lxc/web/init.scope", "0::/lxc/web2/system.slice/ssh.service", "ssh.service")]
    // What a container's own systemd named is no unit of this machine's; the scope that a container has is one.
    [InlineData("0::/init.scope", "0::/lxc.payload.web/system.slice/ssh.service", null)]
    [InlineData("0::/init.scope", "0::/lxc/web/system.slice/ssh.service", null)]
    [InlineData("0::/init.scope", "0::/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/system.slice/ssh.service", null)]
    [InlineData("0::/lxc.payload.web/init.scope", "0::/lxc.payload.web/system.slice/ssh.service", "ssh.service")]
    [InlineData("0::/lxc.payload.web/init.scope", "0::/lxc.payload.web/lxc.payload.inner/system.slice/ssh.service", null)]
    [InlineData("0::/init.scope", "0::/machine.slice/machine-web.slice/db.service", "db.service")]
    [InlineData("0::/init.scope", "0::/machine.slice/machine-web.scope/payload/system.slice/ssh.service", "machine-web.scope")]
    // Below a user's manager a user may name a cgroup after any service, in whatever depth.
    [InlineData("0::/init.scope", "0::/user.slice/user-1000.slice/user@1000.service/init.scope/system.slice/ssh.service", "user@1000.service")]
    [InlineData("0::/init.scope", "0::/", null)]
    [InlineData("", "0::/system.slice/ssh.service", "ssh.service")]
    public void The_unit_is_the_outermost_that_this_machines_own_systemd_named(string first, string process, string? unit)
    {
        using var host = new HostTree().Process(500, "/usr/sbin/sshd", "/", 0).File("/proc/1/cgroup", first).File("/proc/500/cgroup", process);
        Assert.Equal(unit, new ProcessTable(host.Machine).Describe(500)!.Unit);
    }
}
