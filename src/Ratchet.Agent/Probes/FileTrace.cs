namespace Ratchet.Agent.Probes;

/// <summary>
/// Remembers which configuration files and directories a check looked at, also in vain (a file that is missing today may
/// appear), so that the service knows what to watch.
/// </summary>
sealed class FileTrace
{
    /// <summary>By path: whether its content was looked at too, a file's or the names in a directory.</summary>
    readonly Dictionary<string, bool> paths = [];

    public IReadOnlyDictionary<string, bool> Paths
    {
        get { lock (paths) return new Dictionary<string, bool>(paths); }
    }

    /// <summary>Live kernel state is polled by the sweep, not watched.</summary>
    public void Add(string path, bool withContent)
    {
        if (path.StartsWith("/proc/", StringComparison.Ordinal) || path.StartsWith("/sys/", StringComparison.Ordinal)) return;
        lock (paths) paths[path] = withContent || paths.GetValueOrDefault(path);
    }

    public void Add(FileTrace other)
    {
        foreach (var (path, withContent) in other.Paths) Add(path, withContent);
    }
}
