using System.Text.RegularExpressions;

namespace Ratchet.Agent.Tests.Hosts;

/// <summary>The AppArmor profile of the package: what it forbids by mistake is unknown on every host that enforces it.</summary>
public sealed class ProfileTests
{
    [Fact]
    public void Every_program_that_a_recorded_host_was_asked_by_may_be_run()
    {
        var profile = File.ReadAllLines(Path.Combine(Repository.Root, "packaging/deb/apparmor"));
        var allowed = profile.Select(line => line.Trim()).Where(line => line.EndsWith(" ix,", StringComparison.Ordinal)).Select(line => Pattern(line.Split(' ')[0])).ToList();
        var asked = Directory.GetDirectories(Path.Combine(Repository.Root, "tests/hosts")).Select(host => Path.Combine(host, "commands.txt")).Where(File.Exists)
            .SelectMany(File.ReadLines).Where(line => line.StartsWith("$ /", StringComparison.Ordinal)).Select(line => line.Split(' ')[1]).Distinct().ToList();
        Assert.Contains("/usr/bin/chronyc", asked);
        Assert.All(asked, program => Assert.Contains(allowed, pattern => pattern.IsMatch(program)));
    }

    /// <summary>A glob of apparmor.d(5).</summary>
    static Regex Pattern(string glob) =>
        new($"^{Regex.Escape(glob).Replace(@"\{", "(", StringComparison.Ordinal).Replace("}", ")", StringComparison.Ordinal).Replace(",", "|", StringComparison.Ordinal).Replace(@"\*", "[^/]*", StringComparison.Ordinal)}$", RegexOptions.None, TimeSpan.FromSeconds(1));
}
