using System.Text;
using Ratchet.Agent.Tests.Hosts;

namespace Ratchet.Agent.Tests.Fuzzing;

/// <summary>Good input for parsers: files of the recorded hosts, and texts.</summary>
static class Seeds
{
    /// <summary>The largest file that makes a seed.</summary>
    const int Limit = 64 << 10;

    /// <summary>A file of each recorded host that has one; a pattern stands for its last part.</summary>
    public static IEnumerable<byte[]> Recorded(string path)
    {
        var (directory, pattern) = (Path.GetDirectoryName(path)!, Path.GetFileName(path));
        var found = Directory.GetDirectories(Path.Combine(Repository.Root, "tests/hosts")).Order(StringComparer.Ordinal)
            .Select(host => Path.Combine(host, directory)).Where(Directory.Exists).SelectMany(place => Directory.GetFiles(place, pattern))
            .Where(file => new FileInfo(file) is { Length: < Limit, LinkTarget: null }).Select(File.ReadAllBytes).DistinctBy(Convert.ToBase64String).Take(20).ToList();
        return found.Count > 0 ? found : throw new InvalidOperationException($"no recorded host has {path}");
    }

    public static IEnumerable<byte[]> Texts(params string[] texts) => texts.Select(Encoding.UTF8.GetBytes);
}
