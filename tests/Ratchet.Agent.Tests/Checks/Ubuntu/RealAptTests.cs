using System.Diagnostics;
using Ratchet.Agent.Checks.Ubuntu;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Ubuntu;

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
