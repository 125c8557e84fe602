namespace Ratchet.Agent.Probes;

/// <summary>
/// Which Debian package a file came with, from dpkg's own lists: no command, only the lists that could name it, and again only when
/// dpkg has changed something.
/// </summary>
sealed class DistributionPackage
{
    const string Lists = "/var/lib/dpkg/info";

    readonly Dictionary<string, string?> known = [];
    FileStatus? state;

    /// <summary>The package's name without architecture, or null.</summary>
    /// <param name="path">As the package names it, without links.</param>
    /// <param name="may">Whether a package of this name could hold it.</param>
    /// <exception cref="IOException">A list cannot be read.</exception>
    public string? Of(Machine machine, string path, Func<string, bool> may)
    {
        var now = machine.Status(Lists);
        if (now != state) known.Clear();
        state = now;
        return known.TryGetValue(path, out var package) ? package : known[path] = Find(machine, path, may);
    }

    static string? Find(Machine machine, string path, Func<string, bool> may)
    {
        foreach (var name in machine.List(Lists) ?? [])
        {
            if (!name.EndsWith(".list", StringComparison.Ordinal)) continue;
            var package = name[..^5].Split(':')[0];
            if (may(package) && machine.ReadText($"{Lists}/{name}") is { } list && list.Split('\n').Contains(path)) return package;
        }
        return null;
    }
}
