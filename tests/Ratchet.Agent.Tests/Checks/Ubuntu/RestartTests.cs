using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Ubuntu;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Checks.Ubuntu;

/// <summary>What runs, against what is installed: the kernel, and libraries of services.</summary>
public sealed class RestartTests : IDisposable
{
    const string OldSsl = "7f0000000000-7f0000001000 r-xp 00000000 fd:00 4711      /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)\n";

    readonly UbuntuHost host = new();

    public void Dispose() => host.Dispose();

    Task<Finding> AssertAsync(Outcome outcome, string words) => host.AssertAsync(new UbuntuCheck(new Settings()), UbuntuRules.RebootCurrent, outcome, words);

    [Fact]
    public async Task A_newer_kernel_of_the_same_kind_asks_for_a_restart()
    {
        host.Status(("linux-image-6.8.0-50-generic", "6.8.0-50.51", ""), ("linux-image-6.8.0-101-generic", "6.8.0-101.103", ""));
        await AssertAsync(Outcome.Fail, "6.8.0-101-generic is installed");
    }

    [Fact]
    public async Task A_kernel_of_another_kind_or_an_older_one_does_not()
    {
        host.Status(("linux-image-6.8.0-50-generic", "6.8.0-50.51", ""), ("linux-image-6.8.0-9-generic", "6.8.0-9.9", ""), ("linux-image-6.14.0-1011-aws", "6.14.0-1011.11", ""));
        await AssertAsync(Outcome.Pass, "6.8.0-50-generic is the newest");
    }

    [Fact]
    public async Task The_same_kernel_built_anew_asks_for_a_restart()
    {
        host.Write("/proc/version_signature", "Ubuntu 6.8.0-50.50-generic 6.8.12\n");
        await AssertAsync(Outcome.Fail, "6.8.0-50.51 is installed");
    }

    [Fact]
    public async Task A_kernel_of_no_package_is_unknown()
    {
        host.Status(("openssl", "1", ""));
        await AssertAsync(Outcome.Unknown, "a container?");
    }

    [Fact]
    public async Task A_wish_for_a_restart_names_who_has_it()
    {
        host.Write("/run/reboot-required", "*** System restart required ***\n");
        host.Write("/run/reboot-required.pkgs", "libc6\nlibc6\n");
        await AssertAsync(Outcome.Fail, "updates ask for a restart: libc6");
    }

    [Fact]
    public async Task A_service_that_runs_a_replaced_library_is_named()
    {
        host.Service("nginx.service", maps: OldSsl);
        Assert.Equal("nginx.service", (await AssertAsync(Outcome.Fail, "libssl.so.3")).Subject);
    }

    [Theory]
    [InlineData("7f0000000000-7f0000001000 r--p 00000000 fd:00 4711 /usr/lib/x.so (deleted)\n")]
    [InlineData("7f0000000000-7f0000001000 rwxs 00000000 00:01 4711 /memfd:jit (deleted)\n")]
    [InlineData("7f0000000000-7f0000001000 r-xp 00000000 00:01 4711 /tmp/x.so (deleted)\n")]
    [InlineData("7f0000000000-7f0000001000 r-xp 00000000 00:01 4711 /usr/lib/x.so\n")]
    public void Data_and_what_programs_write_themselves_is_no_replaced_library(string maps) => Assert.Null(StaleLibraries.Deleted(System.Text.Encoding.UTF8.GetBytes(maps.TrimEnd('\n'))));

    [Fact]
    public async Task Files_of_a_container_are_not_the_hosts()
    {
        host.Service("docker-0123456789ab.scope", maps: OldSsl);
        await AssertAsync(Outcome.Pass, "no service runs code");
    }

    [Fact]
    public async Task Libraries_are_looked_at_again_when_dpkg_was_at_work()
    {
        var check = new UbuntuCheck(new Settings());
        var id = host.Service("nginx.service");
        await host.AssertAsync(check, UbuntuRules.RebootCurrent, Outcome.Pass, "no service");
        host.Write($"/proc/{id}/maps", OldSsl);
        host.Status(("linux-image-6.8.0-50-generic", "6.8.0-50.51", ""), ("libssl3t64", "9", ""));
        host.List("/var/lib/dpkg/status", "0644 root:root", UbuntuHost.Now);
        await host.AssertAsync(check, UbuntuRules.RebootCurrent, Outcome.Fail, "nginx.service");
    }
}
