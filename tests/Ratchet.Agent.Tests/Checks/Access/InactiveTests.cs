using System.Net;
using Ratchet.Agent.Checks.Access;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Access;

public sealed class InactiveTests : IDisposable
{
    readonly AccessHost host = new();

    public InactiveTests() => host.Account("idle", 1010, "idle:$6$hash:19000:0:99999:7:::");

    public void Dispose() => host.Dispose();

    [Fact]
    [Shows("access.inactive-removed", Outcome.Fail)]
    public async Task Whoever_logged_in_lately_is_active_and_whoever_did_not_is_not()
    {
        await host.ExpectAsync(Outcome.Pass, AccessRules.InactiveRemoved, "ops", "2026-11-19");
        await host.ExpectAsync(Outcome.Fail, AccessRules.InactiveRemoved, "idle", "for 90 days");
        host.Login("idle", AccessHost.Today.AddDays(-89));
        await host.ExpectAsync(Outcome.Pass, AccessRules.InactiveRemoved, "idle");
    }

    [Fact]
    public async Task Logs_that_do_not_go_back_so_far_say_nothing()
    {
        host.Journal(AccessHost.Today.AddDays(-30));
        await host.ExpectAsync(Outcome.Unknown, AccessRules.InactiveRemoved, "idle", "since 2026-10-23, where the logs begin");
        await host.ExpectAsync(Outcome.Pass, AccessRules.InactiveRemoved, "ops");
        host.Journal(null);
        await host.ExpectAsync(Outcome.Unknown, AccessRules.InactiveRemoved, "idle", "no journal");
    }

    [Theory]
    [InlineData("/bin/sleep", "600", "no answer within 1 s")]
    [InlineData("/usr/bin/yes", "x", "printed more than 8388608 bytes")]
    public async Task A_journal_that_does_not_come_to_its_end_says_nothing_and_is_asked_again_hours_later(string program, string argument, string reason)
    {
        var (asked, clean, check) = (0, await host.CheckAsync(), host.NewCheck());
        var machine = new Machine(host.Tree.Path(""), (command, arguments, cancel) =>
        {
            if (command != "/usr/bin/journalctl") return host.Machine.RunAsync(command, arguments, cancel);
            asked++;
            return Command.RunAsync(program, [argument], TimeSpan.FromSeconds(program == "/bin/sleep" ? 1 : 60), cancel);
        }, host.Clock);
        for (var sweep = 0; sweep < 3; sweep++)
        {
            var findings = await check.RunAsync(machine, default);
            var inactive = findings.Where(finding => finding.Rule == AccessRules.InactiveRemoved).ToList();
            Assert.Contains(inactive, finding => finding.Subject == "idle" && finding.Outcome == Outcome.Unknown && finding.Message.Contains(reason, StringComparison.Ordinal));
            Assert.DoesNotContain(inactive, finding => finding.Outcome == Outcome.Fail);
            Assert.Equal(Others(clean), Others(findings));
        }
        Assert.Equal(1, asked);

        static IEnumerable<string> Others(IEnumerable<Finding> findings) => findings.Where(finding => finding.Rule != AccessRules.InactiveRemoved).Select(finding => $"{finding.Rule.Id} {finding.Outcome} {finding.Subject}: {finding.Message}");
    }

    [Fact]
    public async Task An_oldest_file_of_the_journal_counts_and_one_without_entries_does_not()
    {
        host.Journal(AccessHost.Today.AddDays(-30));
        var folder = host.Tree.Path("/var/log/journal/abc");
        var empty = AccessHost.JournalHeader(AccessHost.Today.AddDays(-300));
        empty[152] = 0;
        File.WriteAllBytes(folder + "/system@1.journal", empty);
        File.WriteAllBytes(folder + "/user-1000.journal", AccessHost.JournalHeader(AccessHost.Today.AddDays(-300)));
        // Another machine's.
        Directory.CreateDirectory(host.Tree.Path("/var/log/journal/def"));
        File.WriteAllBytes(host.Tree.Path("/var/log/journal/def/system.journal"), AccessHost.JournalHeader(AccessHost.Today.AddDays(-300)));
        await host.ExpectAsync(Outcome.Unknown, AccessRules.InactiveRemoved, "idle");
        File.WriteAllBytes(folder + "/system@2.journal", AccessHost.JournalHeader(AccessHost.Today.AddDays(-100)));
        await host.ExpectAsync(Outcome.Fail, AccessRules.InactiveRemoved, "idle");
    }

    [Fact]
    public async Task Lastlog_and_wtmp_prove_a_login_and_never_its_absence()
    {
        host.Journal(null);
        var lastlog = new byte[292 * 1011];
        BitConverter.GetBytes((uint)AccessHost.Today.AddDays(-10).ToUnixTimeSeconds()).CopyTo(lastlog, 292 * 1010);
        await File.WriteAllBytesAsync(host.Tree.Path("/var/log/lastlog"), lastlog);
        await host.ExpectAsync(Outcome.Pass, AccessRules.InactiveRemoved, "idle", "2026-11-12");
        File.Delete(host.Tree.Path("/var/log/lastlog"));
        await host.ExpectAsync(Outcome.Unknown, AccessRules.InactiveRemoved, "idle");
        await File.WriteAllBytesAsync(host.Tree.Path("/var/log/wtmp"), [.. AccessHost.Utmp(1, "pts/0", "idle", "", IPAddress.Loopback, AccessHost.Today.AddDays(-11)), .. new byte[10]]);
        await host.ExpectAsync(Outcome.Pass, AccessRules.InactiveRemoved, "idle", "2026-11-11");
    }

    [Fact]
    public async Task A_login_in_the_future_is_none()
    {
        host.Login("idle", AccessHost.Today.AddDays(3));
        await host.ExpectAsync(Outcome.Fail, AccessRules.InactiveRemoved, "idle");
    }

    [Fact]
    public async Task Who_is_here_or_was_let_in_lately_is_active()
    {
        host.Session("idle", "10.0.0.1");
        await host.ExpectAsync(Outcome.Pass, AccessRules.InactiveRemoved, "idle", "at this moment");
        host.Account("fresh", 1011, "fresh:$6$hash:20770:0:99999:7:::");
        await host.ExpectAsync(Outcome.Pass, AccessRules.InactiveRemoved, "fresh", "it was made, or its password set, on 2026-11-13");
        host.AcmeAccount.From = new(2026, 11, 1);
        host.Account("acme", 1001);
        await host.ExpectAsync(Outcome.Pass, AccessRules.InactiveRemoved, "acme");
    }

    [Fact]
    public async Task The_journal_is_asked_every_few_hours_not_every_sweep()
    {
        var check = host.NewCheck();
        for (var i = 0; i < 3; i++) await host.CheckAsync(check);
        Assert.Single(host.Commands, command => command.StartsWith("/usr/bin/journalctl", StringComparison.Ordinal));
        host.Clock.Now += TimeSpan.FromHours(7);
        await host.CheckAsync(check);
        Assert.Equal(2, host.Commands.Count(command => command.StartsWith("/usr/bin/journalctl", StringComparison.Ordinal)));
    }
}
