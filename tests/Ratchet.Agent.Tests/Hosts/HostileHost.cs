using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Hosts;

/// <summary>
/// Recorded hosts on which one file is hostile. The check that reads it says so or comes to its end; what all others say is, to the
/// letter, what they say of the host without it, in the same sweep.
/// </summary>
public abstract class HostileHost : IDisposable
{
    protected const long Gigabyte = 1L << 30;

    private protected readonly Folder folder = new();

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Plants something in a copy of a recorded host; returns what the areas concerned say then.</summary>
    private protected async Task<IReadOnlyList<Finding>> AssertOthersSayTheSameAsync(string host, string areas, Action<string> plant)
    {
        Programs.Run("cp", "-a", Path.Combine(Repository.Root, "tests/hosts", host), folder[host]);
        var before = await SweepAsync(folder[host]);
        plant(folder[$"{host}/root"]);
        var after = await SweepAsync(folder[host]);
        var concerned = areas.Split(' ');
        Assert.Equal(Others(before), Others(after));
        return [.. after.Where(finding => concerned.Contains(finding.Rule.Area))];

        IEnumerable<string> Others(IReadOnlyList<Finding> findings) =>
            findings.Where(finding => !concerned.Contains(finding.Rule.Area)).Select(finding => $"{finding.Rule.Id} {finding.Outcome} {finding.Subject}: {finding.Message}");
    }

    static async Task<IReadOnlyList<Finding>> SweepAsync(string directory)
    {
        var settings = SettingsFile.Load(Path.Combine(directory, "agent.json"), new Dictionary<string, string>()).Settings;
        var runs = await new Sweep(Recording.Open(directory), TimeSpan.FromSeconds(30), new Waivers(settings.Waivers)).RunAsync(Program.NewChecks(settings), CancellationToken.None);
        return [.. runs.SelectMany(run => run.Findings)];
    }

    protected static void Grow(string path, long size)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(size);
    }
}
