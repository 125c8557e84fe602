using Ratchet.Agent.Checks.Ports;

namespace Ratchet.Agent.Tests.Checks.Ports;

public sealed class UnitNameTests
{
    const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("tomcat10.service", true)]
    [InlineData("postgresql@16-main.service", true)]
    [InlineData("redis@6379.service", true)]
    [InlineData("ifup@eth0.service", true)]
    [InlineData("session-12.scope", false)]
    [InlineData("docker-" + Id + ".scope", false)]
    [InlineData("run-u1234.service", false)]
    [InlineData("run-rdeadbeef0123.service", false)]
    [InlineData("run-p12-i13.service", false)]
    [InlineData("run-backup.service", true)]
    [InlineData("user@1000.service", false)]
    [InlineData("ssh@3-10.0.0.1:22-10.0.0.5:51234.service", false)]
    [InlineData("agent@0-4711-1000.service", false)]
    [InlineData("job@550e8400-e29b-41d4-a716-446655440000.service", false)]
    public void A_name_that_changes_at_a_restart_is_told_from_one_that_lasts(string unit, bool stable) => Assert.Equal(stable, UnitName.IsStable(unit));

    [Theory]
    [InlineData("/system.slice/docker-" + Id + ".scope", "docker:0123456789ab")]
    [InlineData("/docker/" + Id, "docker:0123456789ab")]
    [InlineData("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podx.slice/cri-containerd-" + Id + ".scope", "containerd:0123456789ab")]
    [InlineData("/kubepods.slice/crio-" + Id + ".scope", "crio:0123456789ab")]
    [InlineData("/machine.slice/libpod-" + Id + ".scope/container", "podman:0123456789ab")]
    [InlineData("/kubepods/burstable/pod550e8400/" + Id, "kubernetes:0123456789ab")]
    [InlineData("/lxc.payload.web/system.slice/nginx.service", "lxc:web")]
    [InlineData("/machine.slice/machine-db\\x2d1.scope/payload", "machine:db-1")]
    [InlineData("/system.slice/docker.service", null)]
    [InlineData("/", null)]
    public void A_container_is_told_by_its_cgroup(string controlGroup, string? container) => Assert.Equal(container, UnitName.Container(controlGroup));
}
