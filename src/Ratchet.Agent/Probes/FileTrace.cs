namespace Ratchet.Agent.Probes;

/// <summary>
/// Remembers which configuration files and directories a check looked at, also in vain (a file that is missing today may
/// appear), so that the service knows what to watch.
/// </summary>
sealed class FileTrace
{
    readonly HashSet<string> paths = [], contents = [];

    /// <summary>In their order.</summary>
    public string[] Paths
    {
        get
        {
            lock (paths)
            {
                string[] sorted = [.. paths];
                Array.Sort(sorted, StringComparer.Ordinal);
                return sorted;
            }
        }
    }

    /// <summary>Whether more was looked at than owner, mode and kind: what a file holds, or the names in a directory.</summary>
    public bool HasContent(string path)
    {
        lock (paths) return contents.Contains(path);
    }

    /// <summary>Live kernel state is polled by the sweep, not watched.</summary>
    public void Add(string path, bool withContent)
    {
        if (path.StartsWith("/proc/", StringComparison.Ordinal) || path.StartsWith("/sys/", StringComparison.Ordinal)) return;
        lock (paths)
        {
            paths.Add(path);
            if (withContent) contents.Add(path);
        }
    }

    public void Add(FileTrace other)
    {
        string[] all, read;
        lock (other.paths) (all, read) = ([.. other.paths], [.. other.contents]);
        lock (paths)
        {
            paths.UnionWith(all);
            contents.UnionWith(read);
        }
    }
}
