using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Ubuntu;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Hosts;

/// <summary>Logs and lists that the host itself writes are as long as a disk.</summary>
public sealed class HostileLogTests : HostileHost
{
    [Fact]
    public async Task Logs_of_logins_as_long_as_a_disk_change_nothing()
    {
        var findings = await AssertOthersSayTheSameAsync("access-weak", "none", root =>
        {
            foreach (var name in new[] { "wtmp", "wtmp.1", "lastlog" }) Grow($"{root}/var/log/{name}", 5 * Gigabyte);
        });
        Assert.Empty(findings);
    }

    [Fact]
    public async Task Of_a_journal_as_long_as_a_disk_the_header_is_read()
    {
        var findings = await AssertOthersSayTheSameAsync("access-weak", "none", root =>
        {
            var files = Directory.GetFiles($"{root}/var/log/journal", "system.journal", SearchOption.AllDirectories);
            Grow(Assert.Single(files), 5 * Gigabyte);
            for (var i = 0; i < 1000; i++) Grow($"{Path.GetDirectoryName(files[0])}/system@{i}.journal", Gigabyte);
        });
        Assert.Empty(findings);
    }

    [Fact]
    public async Task A_list_of_apt_of_half_a_gigabyte_is_unknown()
    {
        var findings = await AssertOthersSayTheSameAsync("salt-master-weak", "ubuntu", root => Grow(Directory.GetFiles($"{root}/var/lib/apt/lists", "*_Packages")[0], Gigabyte / 2 - 1));
        Assert.Contains(findings, finding => finding.Rule.Id == "ubuntu.security-updates" && finding.Outcome == Outcome.Unknown && finding.Message.EndsWith("_Packages: is cut off", StringComparison.Ordinal));
        Assert.Contains(findings, finding => finding.Rule.Id == "ubuntu.audit-logged" && finding.Outcome == Outcome.Fail);
    }

    [Fact]
    public void A_status_of_dpkg_without_end_is_read_to_its_limit_and_only_once()
    {
        folder.Write("root/var/lib/dpkg/status", "");
        Grow(folder["root/var/lib/dpkg/status"], 4 * Gigabyte);
        // Its times and its size stay the same by this list.
        var statuses = new Dictionary<string, FileStatus> { ["/var/lib/dpkg/status"] = new(FileKind.Regular, 0b110_100_100, 0, 0, 4 * Gigabyte, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, 1) };
        var machine = new Machine(folder["root"], (_, _, _) => throw new CommandException("none"), recorded: statuses);
        var survey = new AptSurvey();
        const string reason = "/var/lib/dpkg/status: has more than the 134217728 bytes that are read";

        Assert.Equal(reason, Assert.Throws<FormatException>(() => survey.Look(machine, "noble")).Message);
        File.WriteAllText(folder["root/var/lib/dpkg/status"], "Package: x\n\n");
        Assert.Equal(reason, Assert.Throws<FormatException>(() => survey.Look(machine, "noble")).Message);
        // The same file, by its times not the same.
        statuses["/var/lib/dpkg/status"] = statuses["/var/lib/dpkg/status"] with { Changed = DateTimeOffset.UnixEpoch.AddDays(1) };
        Assert.Empty(survey.Look(machine, "noble").Kernels);
    }

    [Fact]
    public async Task A_log_of_ossec_as_long_as_a_disk_makes_the_scans_unknown()
    {
        var findings = await AssertOthersSayTheSameAsync("ossec-agent-02-running-connected", "ossec", root => Grow($"{root}/var/ossec/logs/ossec.log", 5 * Gigabyte));
        Assert.Contains(findings, finding => finding.Rule.Id == "ossec.syscheck-recent" && finding.Outcome == Outcome.Unknown);
        Assert.Contains(findings, finding => finding.Rule.Id == "ossec.daemons-running" && finding.Outcome == Outcome.Pass);
    }
}
