using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Ubuntu;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Checks.Ubuntu;

public sealed class UbuntuCheckTests : IDisposable
{
    readonly UbuntuHost host = new();

    public void Dispose() => host.Dispose();

    Task<Finding> AssertAsync(Rule rule, Outcome outcome, string words) => host.AssertAsync(new UbuntuCheck(new Settings()), rule, outcome, words);

    [Fact]
    public async Task A_good_host_passes_every_rule()
    {
        var findings = await new UbuntuCheck(new Settings()).RunAsync(host.Machine(), CancellationToken.None);
        Assert.All(findings, finding => Assert.True(finding.Outcome == Outcome.Pass, $"{finding.Rule.Id}: {finding.Message}"));
        Assert.Equal(UbuntuRules.All.Select(rule => rule.Id).Order(), findings.Select(finding => finding.Rule.Id).Distinct().Order());
    }

    [Fact]
    public async Task Another_distribution_is_not_judged()
    {
        host.Write("/etc/os-release", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
        foreach (var rule in UbuntuRules.All) await AssertAsync(rule, Outcome.NotApplicable, "this is Debian GNU/Linux 12 (bookworm), not Ubuntu");
    }

    [Fact]
    public async Task Without_os_release_nothing_is_said()
    {
        host.Delete("/etc/os-release");
        await Assert.ThrowsAsync<IOException>(() => new UbuntuCheck(new Settings()).RunAsync(host.Machine(), CancellationToken.None));
    }

    [Theory]
    [InlineData("24.04", "2029-05-31", false, Outcome.Unknown, "dates end on 2027-10-31")]
    [InlineData("24.04", "2027-10-31", false, Outcome.Pass, "until 2029-05-31")]
    [InlineData("25.10", "2026-07-09", false, Outcome.Pass, "until 2026-07-09")]
    [InlineData("25.10", "2026-07-10", false, Outcome.Fail, "since 2026-07-09")]
    [InlineData("25.10", "2040-01-01", false, Outcome.Fail, "since 2026-07-09")]
    [InlineData("20.04", "2026-11-21", false, Outcome.Fail, "esm-infra")]
    [InlineData("20.04", "2026-11-21", true, Outcome.Pass, "through Ubuntu Pro until 2030-04-23")]
    [InlineData("16.04", "2026-11-21", true, Outcome.Fail, "for subscribers of Ubuntu Pro too")]
    [InlineData("27.10", "2026-11-21", false, Outcome.Unknown, "not among the releases")]
    public void A_release_is_supported_until_its_day_and_the_table_knows_its_own(string version, string today, bool subscribed, object outcome, string words)
    {
        var finding = SupportVerdict.Judge(new OsRelease("ubuntu", version, "", "Ubuntu " + version), UbuntuRelease.Find(version), DateOnly.Parse(today, null), subscribed);
        Assert.Equal((Outcome)outcome, finding.Outcome);
        Assert.Contains(words, finding.Message, StringComparison.Ordinal);
    }
}
