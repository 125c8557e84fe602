using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Ubuntu;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Checks.Ubuntu;

/// <summary>apt's settings in all their forms, the timer, and whether it ever ran.</summary>
public sealed class UnattendedTests : IDisposable
{
    readonly UbuntuHost host = new();

    public void Dispose() => host.Dispose();

    Task<Finding> AssertAsync(Outcome outcome, string words) => host.AssertAsync(new UbuntuCheck(new Settings()), UbuntuRules.UnattendedUpgrades, outcome, words);

    [Theory]
    [InlineData("APT::Periodic::Unattended-Upgrade \"0\";", "Unattended-Upgrade is off")]
    [InlineData("#clear APT::Periodic::Unattended-Upgrade;", "Unattended-Upgrade is off")]
    [InlineData("apt::periodic { enable \"0\"; };", "Enable is off")]
    [InlineData("APT::Periodic::Update-Package-Lists \"0\";", "Update-Package-Lists is off")]
    [InlineData("#clear Unattended-Upgrade::Allowed-Origins;", "noble-security")]
    [InlineData("#clear Unattended-Upgrade::Allowed-Origins; Unattended-Upgrade::Origins-Pattern { \"origin=Debian,codename=${distro_codename}\"; };", "noble-security")]
    public async Task Unattended_upgrades_that_are_turned_off_anywhere_fail(string text, string words)
    {
        host.Write("/etc/apt/apt.conf.d/99local", text + "\n");
        await AssertAsync(Outcome.Fail, words);
    }

    [Theory]
    [InlineData("99local.dpkg-old", "APT::Periodic::Unattended-Upgrade \"0\";")]
    [InlineData("99local", "// APT::Periodic::Unattended-Upgrade \"0\";")]
    [InlineData("99local", "/* APT::Periodic::Unattended-Upgrade \"0\";\n*/")]
    [InlineData("99local", "# APT::Periodic::Unattended-Upgrade \"0\";")]
    [InlineData("99local", "#clear Unattended-Upgrade::Allowed-Origins; Unattended-Upgrade::Origins-Pattern:: \"o=Ubuntu,a=${distro_codename}-security\";")]
    public async Task What_apt_does_not_read_or_says_the_same_does_not_count(string name, string text)
    {
        host.Write("/etc/apt/apt.conf.d/" + name, text + "\n");
        await AssertAsync(Outcome.Pass, "install themselves");
    }

    [Fact]
    public async Task Configuration_that_apt_would_refuse_is_unknown()
    {
        host.Write("/etc/apt/apt.conf.d/99local", "APT { Periodic \"1\"");
        await AssertAsync(Outcome.Unknown, "99local: it ends within a statement");
    }

    [Fact]
    public async Task Upgrades_that_are_configured_and_never_ran_fail()
    {
        host.Write("/var/lib/apt/periodic/unattended-upgrades-stamp", "", time: UbuntuHost.Now.AddDays(-4));
        await AssertAsync(Outcome.Fail, "ran last on 2026-11-17");
        host.Write("/proc/stat", $"btime {UbuntuHost.Now.AddHours(-1).ToUnixTimeSeconds()}\n");
        await AssertAsync(Outcome.Unknown, "its next run is awaited");
    }

    [Fact]
    public async Task A_masked_timer_fails()
    {
        host.Link("/etc/systemd/system/apt-daily-upgrade.timer", "/dev/null");
        await AssertAsync(Outcome.Fail, "is masked");
    }
}
