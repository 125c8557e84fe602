namespace Ratchet.Agent.Probes;

/// <summary>
/// The files that a check looked at, as they were. What stat says is compared once a second rather than use inotify: that sees
/// renames, new files, changed modes and what lies behind links, and costs microseconds for the few dozen files of a check.
/// </summary>
sealed class WatchedFiles
{
    /// <summary>A check that looked at more files is watched by the first ones, and swept for the rest.</summary>
    const int Limit = 1000;

    readonly string[] paths;
    readonly bool[] withContent;
    readonly int state;

    /// <param name="looked">What the check looked at, from <paramref name="since"/> on.</param>
    public WatchedFiles(Machine machine, FileTrace looked, DateTimeOffset since)
    {
        paths = looked.Paths;
        AreAll = paths.Length <= Limit;
        if (!AreAll) paths = paths[..Limit];
        withContent = Array.ConvertAll(paths, looked.HasContent);
        state = StateOf(machine);
        // What was changed while the check looked may have been read before: the state is made to differ. A change in the future
        // (a clock that was set back) is none of these.
        var now = machine.Now;
        if (Array.Exists(paths, path => ChangedAt(machine, path) is { } time && time >= since && time <= now)) state = ~state;
    }

    /// <summary>It looked at no more files than are watched.</summary>
    public bool AreAll { get; }

    public bool HaveChanged(Machine machine) => StateOf(machine) != state;

    int StateOf(Machine machine)
    {
        var hash = new HashCode();
        for (var i = 0; i < paths.Length; i++) hash.Add(machine.Stamp(paths[i], withContent[i]));
        return hash.ToHashCode();
    }

    static DateTimeOffset? ChangedAt(Machine machine, string path)
    {
        try
        {
            return machine.Status(path)?.Changed;
        }
        catch (IOException)
        {
            // What may not be looked at was not read either.
            return null;
        }
    }
}
