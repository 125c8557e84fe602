using System.Globalization;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Probes;

public sealed class ResidentCodeTests
{
    [Fact]
    public void Code_that_was_let_go_is_no_longer_resident_and_still_runs()
    {
        var before = ResidentFilePages();
        ResidentCode.Release();
        var after = ResidentFilePages();
        Assert.True(after < before * 9 / 10, $"{before} kB of files before, {after} kB after");
        Assert.Equal("still here", string.Join(' ', ["still", "here"]));
    }

    static long ResidentFilePages() =>
        long.Parse(File.ReadLines("/proc/self/status").Single(line => line.StartsWith("RssFile:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
}
