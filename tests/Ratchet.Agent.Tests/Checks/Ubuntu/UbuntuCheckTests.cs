using System.Diagnostics;
using System.IO.Compression;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Alerts;
using Ratchet.Agent.Checks.Ubuntu;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Ubuntu;

public sealed class UbuntuCheckTests : IDisposable
{
    const string OldSsl = "7f0000000000-7f0000001000 r-xp 00000000 fd:00 4711      /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)\n";

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

    [Fact]
    public async Task A_pending_update_is_named_with_all_packages_of_its_source_and_passes_within_the_policy()
    {
        host.Security(("openssl", "3.0.13-0ubuntu3.5"), ("libssl3t64", "3.0.13-0ubuntu3.5"));
        var finding = await AssertAsync(UbuntuRules.SecurityUpdates, Outcome.Pass, "within the 7d");
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
        await AssertAsync(UbuntuRules.SecurityUpdates, (Outcome)outcome, words);
    }

    [Fact]
    public async Task A_newer_installed_version_is_not_pending()
    {
        host.Security(("openssl", "3.0.13-0ubuntu3.4~rc1"));
        await AssertAsync(UbuntuRules.SecurityUpdates, Outcome.Pass, "no security update");
    }

    [Fact]
    public async Task Stale_lists_say_nothing_of_what_was_published_since()
    {
        host.Archive(UbuntuHost.Lists, UbuntuHost.Pocket, "Ubuntu", "noble-security", UbuntuHost.Now.AddDays(-8));
        await AssertAsync(UbuntuRules.SecurityUpdates, Outcome.Unknown, "older than 7d");
    }

    [Fact]
    public async Task Without_the_security_pocket_nothing_is_known()
    {
        host.Delete($"{UbuntuHost.Lists}/{UbuntuHost.Pocket}_InRelease");
        host.Archive(UbuntuHost.Lists, "archive_dists_noble-updates", "Ubuntu", "noble-updates", UbuntuHost.Now);
        await AssertAsync(UbuntuRules.SecurityUpdates, Outcome.Unknown, "no lists of noble-security");
    }

    [Fact]
    public async Task Lists_of_a_release_that_was_left_behind_do_not_count()
    {
        host.Delete($"{UbuntuHost.Lists}/{UbuntuHost.Pocket}_InRelease");
        host.Write($"{UbuntuHost.Lists}/x_dists_jammy-security_InRelease", "Origin: Ubuntu\nSuite: jammy-security\nCodename: jammy\nDate: Fri, 20 Nov 2026 12:00:00 UTC\n");
        await AssertAsync(UbuntuRules.SecurityUpdates, Outcome.Unknown, "no lists of noble-security");
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
        await AssertAsync(UbuntuRules.SecurityUpdates, (Outcome)outcome, words);
    }

    [Fact]
    public async Task A_torn_list_is_unknown_and_never_no_updates()
    {
        host.Write($"{UbuntuHost.Lists}/{UbuntuHost.Pocket}_main_binary-amd64_Packages", "Package: openssl\nArchitecture: amd64\nVersion: 3.0.1");
        await AssertAsync(UbuntuRules.SecurityUpdates, Outcome.Unknown, "is cut off");
    }

    [Fact]
    public async Task An_interrupted_dpkg_is_unknown()
    {
        host.Write("/var/lib/dpkg/updates/0001", "x");
        await AssertAsync(UbuntuRules.SecurityUpdates, Outcome.Unknown, "dpkg is at work");
    }

    [Fact]
    public async Task What_only_Ubuntu_Pro_has_is_told_to_who_is_not_subscribed()
    {
        host.Archive(AptLists.EsmDirectory, "esm.ubuntu.com_apps_ubuntu_dists_noble-apps-security", AptLists.EsmApps, "noble-apps-security", UbuntuHost.Now, ("openssl", "9"));
        var finding = await AssertAsync(UbuntuRules.SecurityUpdates, Outcome.Fail, "in Ubuntu Pro (ESM) alone");
        Assert.Equal("Ubuntu Pro", finding.Subject);

        host.Archive(UbuntuHost.Lists, "esm.ubuntu.com_apps_ubuntu_dists_noble-apps-security", AptLists.EsmApps, "noble-apps-security", UbuntuHost.Now, ("openssl", "9"));
        Assert.Equal("openssl", (await AssertAsync(UbuntuRules.SecurityUpdates, Outcome.Pass, "within the 7d")).Subject);
    }

    [Fact]
    public async Task A_held_package_is_pending_all_the_same()
    {
        host.Status(("held", "1", ""));
        host.Security(("held", "2"));
        await AssertAsync(UbuntuRules.SecurityUpdates, Outcome.Pass, "(apt is told to hold it)");
    }

    [Fact]
    public async Task A_newer_kernel_of_the_same_kind_asks_for_a_restart()
    {
        host.Status(("linux-image-6.8.0-50-generic", "6.8.0-50.51", ""), ("linux-image-6.8.0-101-generic", "6.8.0-101.103", ""));
        await AssertAsync(UbuntuRules.RebootCurrent, Outcome.Fail, "6.8.0-101-generic is installed");
    }

    [Fact]
    public async Task A_kernel_of_another_kind_or_an_older_one_does_not()
    {
        host.Status(("linux-image-6.8.0-50-generic", "6.8.0-50.51", ""), ("linux-image-6.8.0-9-generic", "6.8.0-9.9", ""), ("linux-image-6.14.0-1011-aws", "6.14.0-1011.11", ""));
        await AssertAsync(UbuntuRules.RebootCurrent, Outcome.Pass, "6.8.0-50-generic is the newest");
    }

    [Fact]
    public async Task The_same_kernel_built_anew_asks_for_a_restart()
    {
        host.Write("/proc/version_signature", "Ubuntu 6.8.0-50.50-generic 6.8.12\n");
        await AssertAsync(UbuntuRules.RebootCurrent, Outcome.Fail, "6.8.0-50.51 is installed");
    }

    [Fact]
    public async Task A_kernel_of_no_package_is_unknown()
    {
        host.Status(("openssl", "1", ""));
        await AssertAsync(UbuntuRules.RebootCurrent, Outcome.Unknown, "a container?");
    }

    [Fact]
    public async Task A_wish_for_a_restart_names_who_has_it()
    {
        host.Write("/run/reboot-required", "*** System restart required ***\n");
        host.Write("/run/reboot-required.pkgs", "libc6\nlibc6\n");
        await AssertAsync(UbuntuRules.RebootCurrent, Outcome.Fail, "updates ask for a restart: libc6");
    }

    [Fact]
    public async Task A_service_that_runs_a_replaced_library_is_named()
    {
        host.Service("nginx.service", maps: OldSsl);
        Assert.Equal("nginx.service", (await AssertAsync(UbuntuRules.RebootCurrent, Outcome.Fail, "libssl.so.3")).Subject);
    }

    [Theory]
    [InlineData("7f0000000000-7f0000001000 r--p 00000000 fd:00 4711 /usr/lib/x.so (deleted)\n")]
    [InlineData("7f0000000000-7f0000001000 rwxs 00000000 00:01 4711 /memfd:jit (deleted)\n")]
    [InlineData("7f0000000000-7f0000001000 r-xp 00000000 00:01 4711 /tmp/x.so (deleted)\n")]
    [InlineData("7f0000000000-7f0000001000 r-xp 00000000 00:01 4711 /usr/lib/x.so\n")]
    public void Data_and_what_programs_write_themselves_is_no_replaced_library(string maps) => Assert.Empty(StaleLibraries.Deleted(System.Text.Encoding.UTF8.GetBytes(maps)));

    [Fact]
    public async Task Files_of_a_container_are_not_the_hosts()
    {
        host.Service("docker-0123456789ab.scope", maps: OldSsl);
        await AssertAsync(UbuntuRules.RebootCurrent, Outcome.Pass, "no service runs code");
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
        await AssertAsync(UbuntuRules.UnattendedUpgrades, Outcome.Fail, words);
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
        await AssertAsync(UbuntuRules.UnattendedUpgrades, Outcome.Pass, "install themselves");
    }

    [Fact]
    public async Task Configuration_that_apt_would_refuse_is_unknown()
    {
        host.Write("/etc/apt/apt.conf.d/99local", "APT { Periodic \"1\"");
        await AssertAsync(UbuntuRules.UnattendedUpgrades, Outcome.Unknown, "99local: it ends within a statement");
    }

    [Fact]
    public async Task Upgrades_that_are_configured_and_never_ran_fail()
    {
        host.Write("/var/lib/apt/periodic/unattended-upgrades-stamp", "", time: UbuntuHost.Now.AddDays(-4));
        await AssertAsync(UbuntuRules.UnattendedUpgrades, Outcome.Fail, "ran last on 2026-11-17");
        host.Write("/proc/stat", $"btime {UbuntuHost.Now.AddHours(-1).ToUnixTimeSeconds()}\n");
        await AssertAsync(UbuntuRules.UnattendedUpgrades, Outcome.Unknown, "its next run is awaited");
    }

    [Fact]
    public async Task A_masked_timer_fails()
    {
        host.Link("/etc/systemd/system/apt-daily-upgrade.timer", "/dev/null");
        await AssertAsync(UbuntuRules.UnattendedUpgrades, Outcome.Fail, "is masked");
    }
}

/// <summary>Against the real tools of Debian and Ubuntu, where this machine has them.</summary>
public sealed class RealAptTests
{
    [NeedsProgramFact("/usr/bin/dpkg")]
    public void Versions_compare_as_dpkg_compares_them()
    {
        var random = new Random(1);
        string[] parts = ["", "0", "1", "9", "10", "007", "a", "b", "Z", "+", "~", "~~", ".", "-1", "ubuntu", "99999999999999999999", "~rc1", "+dfsg", "build2"];
        string Version() => (random.Next(3) == 0 ? $"{random.Next(3)}:" : "") + random.Next(12) + string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => parts[random.Next(parts.Length)])) + (random.Next(2) == 0 ? $"-{random.Next(3)}{parts[random.Next(13)].Replace("-", "", StringComparison.Ordinal)}" : "");
        // Near ones: of far ones the first digit decides.
        var pairs = Enumerable.Range(0, 2000).Select(_ => Version()).Select(version => (Left: version, Right: random.Next(3) == 0 ? Version() : version + parts[random.Next(parts.Length)])).ToArray();
        using var folder = new Folder();
        folder.Write("pairs", string.Concat(pairs.Select(pair => $"{pair.Left} {pair.Right}\n")));
        var output = Run("/bin/bash", "-c", $"while read -r a b; do if dpkg --compare-versions \"$a\" lt \"$b\"; then echo '<'; elif dpkg --compare-versions \"$a\" eq \"$b\"; then echo '='; else echo '>'; fi; done <{folder["pairs"]} 2>&1");
        var expected = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.Length == 1).ToArray();
        Assert.Equal(pairs.Length, expected.Length);
        for (var i = 0; i < pairs.Length; i++) Assert.Equal($"{pairs[i]} {expected[i]}", $"{pairs[i]} {Math.Sign(DebianVersion.Compare(pairs[i].Left, pairs[i].Right)) switch { < 0 => "<", 0 => "=", _ => ">" }}");
    }

    [Theory]
    [InlineData("")]
    [InlineData(":1")]
    [InlineData("1:")]
    [InlineData("a:1")]
    [InlineData("1 2")]
    public void What_is_no_version_is_refused(string text) => Assert.Throws<FormatException>(() => DebianVersion.Compare(text, "1"));

    [NeedsPackedListsFact]
    public void Packed_lists_unpack_as_apt_unpacks_them()
    {
        foreach (var path in NeedsPackedListsFactAttribute.Lists())
        {
            var machine = new Machine("/", Command.RunAsync);
            using var mine = AptLists.Open(machine, path);
            var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(mine));
            Assert.Equal(Run("/bin/bash", "-c", $"/usr/lib/apt/apt-helper cat-file '{path}' | sha256sum | cut -c1-64").Trim(), hash);
        }
    }

    [NeedsPackedListsFact]
    public void Cut_or_bent_LZ4_is_refused()
    {
        var path = NeedsPackedListsFactAttribute.Lists().OrderBy(path => new FileInfo(path).Length).First();
        var whole = File.ReadAllBytes(path);
        var random = new Random(2);
        for (var i = 0; i < 300; i++)
        {
            var cut = whole[..random.Next(1, whole.Length)];
            if (i % 2 == 0) cut[random.Next(cut.Length)] ^= (byte)(1 << random.Next(8));
            using var stream = new Lz4Stream(new MemoryStream(cut));
            Assert.True(Record.Exception((Action)(() => stream.CopyTo(Stream.Null))) is InvalidDataException or EndOfStreamException, $"{i}");
        }
    }

    [NeedsPackedListsFact]
    public void What_is_pending_is_what_apt_says_is_pending()
    {
        // Debian's own security pocket stands for Ubuntu's: Label Debian-Security.
        var machine = new Machine("/", Command.RunAsync);
        var codename = OsRelease.Read(machine).Codename;
        var state = new AptSurvey().Look(machine, codename);
        Assert.Null(state.Obstacle);
        var mine = state.Pending.SelectMany(update => update.Packages).Select(package => package.Split(' ')[0]).ToHashSet();
        var upgradable = Run("/bin/bash", "-c", "apt list --upgradable 2>/dev/null | grep -- '-security' | cut -d/ -f1").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Empty(upgradable.Except(mine));
        // A candidate from elsewhere may hide the pocket's in apt's list, which names the newest alone.
        var all = Run("/bin/bash", "-c", "apt list --upgradable 2>/dev/null | cut -d/ -f1").Split('\n');
        Assert.Empty(mine.Except(all));
    }

    static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}

/// <summary>A test that needs lists of packages as a real apt fetched and packed them.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class NeedsPackedListsFactAttribute : FactAttribute
{
    public NeedsPackedListsFactAttribute()
    {
        if (!File.Exists("/usr/lib/apt/apt-helper")) Skip = "needs apt";
        else if (!Lists().Any()) Skip = "needs LZ4-packed lists: Acquire::GzipIndexes true, and apt-get update";
    }

    public static IEnumerable<string> Lists() => Directory.Exists("/var/lib/apt/lists") ? Directory.GetFiles("/var/lib/apt/lists", "*_Packages.lz4") : [];
}
