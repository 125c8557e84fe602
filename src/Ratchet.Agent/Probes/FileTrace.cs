namespace Ratchet.Agent.Probes;

/// <summary>
/// Remembers which configuration files and directories a check looked at, also in vain (a file that is missing today may
/// appear), so that the service knows what to watch.
/// </summary>
sealed class FileTrace
{
    readonly HashSet<string> paths = [];

    public IReadOnlyCollection<string> Paths
    {
        get { lock (paths) return [.. paths]; }
    }

    /// <summary>Live kernel state is polled by the sweep, not watched.</summary>
    public void Add(string path)
    {
        if (path.StartsWith("/proc/", StringComparison.Ordinal) || path.StartsWith("/sys/", StringComparison.Ordinal)) return;
        lock (paths) paths.Add(path);
    }

    public void Add(FileTrace other)
    {
        foreach (var path in other.Paths) Add(path);
    }
}
