using System.IO.Compression;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Alerts;
using Ratchet.Agent.Checks.Ubuntu;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Checks.Ubuntu;

/// <summary>What apt has on disk, against what is installed.</summary>
public sealed class SecurityUpdateTests : IDisposable
{
    readonly UbuntuHost host = new();

    public void Dispose() => host.Dispose();

    Task<Finding> AssertAsync(Outcome outcome, string words) => host.AssertAsync(new UbuntuCheck(new Settings()), UbuntuRules.SecurityUpdates, outcome, words);

    [Fact]
    public async Task A_pending_update_is_named_with_all_packages_of_its_source_and_passes_within_the_policy()
    {
        host.Security(("openssl", "3.0.13-0ubuntu3.5"), ("libssl3t64", "3.0.13-0ubuntu3.5"));
        var finding = await AssertAsync(Outcome.Pass, "within the 7d");
        Assert.Equal("openssl", finding.Subject);
        Assert.Contains("libssl3t64 3.0.13-0ubuntu3.4 (published: 3.0.13-0ubuntu3.5)", finding.Evidence.ToJson().ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("passed", 6, Outcome.Pass, "within the 7d")]
    [InlineData("passed", 8, Outcome.Fail, "longer than 7d")]
    [InlineData("failed", 1, Outcome.Fail, "longer than 7d")]
    [InlineData("not_applicable", 100, Outcome.Pass, "within the 7d")]
    public async Task How_long_an_update_has_been_pending_is_remembered_over_restarts(string evaluation, int days, object outcome, string words)
    {
        host.Security(("openssl", "3.0.13-0ubuntu3.5"));
        var known = new KnownVerdict("ubuntu.security-updates", "openssl", evaluation, UbuntuHost.Now.AddDays(-days), null);
        host.WriteBytes("/var/lib/ratchet-agent/verdicts.json", new VerdictMemory(VerdictMemory.CurrentForm, UbuntuHost.Now, "", [], [known]).Render(), UbuntuHost.Now);
        await AssertAsync((Outcome)outcome, words);
    }

    [Fact]
    public async Task A_newer_installed_version_is_not_pending()
    {
        host.Security(("openssl", "3.0.13-0ubuntu3.4~rc1"));
        await AssertAsync(Outcome.Pass, "no security update");
    }

    [Fact]
    public async Task Stale_lists_say_nothing_of_what_was_published_since()
    {
        host.Archive(UbuntuHost.Lists, UbuntuHost.Pocket, "Ubuntu", "noble-security", UbuntuHost.Now.AddDays(-8));
        await AssertAsync(Outcome.Unknown, "older than 7d");
    }

    [Fact]
    public async Task Without_the_security_pocket_nothing_is_known()
    {
        host.Delete($"{UbuntuHost.Lists}/{UbuntuHost.Pocket}_InRelease");
        host.Archive(UbuntuHost.Lists, "archive_dists_noble-updates", "Ubuntu", "noble-updates", UbuntuHost.Now);
        await AssertAsync(Outcome.Unknown, "no lists of noble-security");
    }

    [Fact]
    public async Task Lists_of_a_release_that_was_left_behind_do_not_count()
    {
        host.Delete($"{UbuntuHost.Lists}/{UbuntuHost.Pocket}_InRelease");
        host.Write($"{UbuntuHost.Lists}/x_dists_jammy-security_InRelease", "Origin: Ubuntu\nSuite: jammy-security\nCodename: jammy\nDate: Fri, 20 Nov 2026 12:00:00 UTC\n");
        await AssertAsync(Outcome.Unknown, "no lists of noble-security");
    }

    [Theory]
    [InlineData("gz", Outcome.Pass, "within the 7d")]
    [InlineData("xz", Outcome.Unknown, "packed in a way")]
    public async Task Packed_lists_are_read_where_that_is_possible(string ending, object outcome, string words)
    {
        var list = $"{UbuntuHost.Lists}/{UbuntuHost.Pocket}_main_binary-amd64_Packages";
        host.Delete(list);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true)) gzip.Write("Package: openssl\nArchitecture: amd64\nVersion: 4\n\n"u8);
        host.WriteBytes($"{list}.{ending}", packed.ToArray(), UbuntuHost.Now);
        await AssertAsync((Outcome)outcome, words);
    }

    [Fact]
    public async Task A_torn_list_is_unknown_and_never_no_updates()
    {
        host.Write($"{UbuntuHost.Lists}/{UbuntuHost.Pocket}_main_binary-amd64_Packages", "Package: openssl\nArchitecture: amd64\nVersion: 3.0.1");
        await AssertAsync(Outcome.Unknown, "is cut off");
    }

    [Fact]
    public async Task An_interrupted_dpkg_is_unknown()
    {
        host.Write("/var/lib/dpkg/updates/0001", "x");
        await AssertAsync(Outcome.Unknown, "dpkg is at work");
    }

    [Fact]
    public async Task What_only_Ubuntu_Pro_has_is_told_to_who_is_not_subscribed()
    {
        host.Archive(AptLists.EsmDirectory, "esm.ubuntu.com_apps_ubuntu_dists_noble-apps-security", AptLists.EsmApps, "noble-apps-security", UbuntuHost.Now, ("openssl", "9"));
        var finding = await AssertAsync(Outcome.Fail, "in Ubuntu Pro (ESM) alone");
        Assert.Equal("Ubuntu Pro", finding.Subject);

        host.Archive(UbuntuHost.Lists, "esm.ubuntu.com_apps_ubuntu_dists_noble-apps-security", AptLists.EsmApps, "noble-apps-security", UbuntuHost.Now, ("openssl", "9"));
        Assert.Equal("openssl", (await AssertAsync(Outcome.Pass, "within the 7d")).Subject);
    }

    [Fact]
    public async Task A_held_package_is_pending_all_the_same()
    {
        host.Status(("held", "1", ""));
        host.Security(("held", "2"));
        await AssertAsync(Outcome.Pass, "(apt is told to hold it)");
    }
}
