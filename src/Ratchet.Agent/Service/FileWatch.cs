using Ratchet.Agent.Checks;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Service;

/// <summary>
/// Notices when a file changes that a check looked at. It compares what stat says once a second rather than use inotify: that
/// sees renames, new files, changed modes and what lies behind links, and costs microseconds for the few dozen files of a check.
/// </summary>
sealed class FileWatch(Machine machine)
{
    /// <summary>A check that looked at more files is watched by the first ones, and swept for the rest.</summary>
    const int Limit = 1000;

    readonly Dictionary<ICheck, (string[] Paths, int State)> watched = [];

    /// <summary>Watches the files that a run looked at, from the run on.</summary>
    public void Follow(CheckRun run)
    {
        var paths = run.Files.Order(StringComparer.Ordinal).Take(Limit).ToArray();
        var state = StateOf(paths);
        // What was changed while the check looked may have been read before: the state is made to differ. A change in the future
        // (a clock that was set back) is none of these.
        var now = machine.Now;
        watched[run.Check] = (paths, paths.Any(path => ChangedAt(path) is { } time && time >= run.Started && time <= now) ? ~state : state);
    }

    /// <summary>The checks whose files changed since their last run.</summary>
    public IReadOnlyList<ICheck> Changed() => [.. watched.Where(entry => StateOf(entry.Value.Paths) != entry.Value.State).Select(entry => entry.Key)];

    int StateOf(string[] paths)
    {
        var state = new HashCode();
        foreach (var path in paths) state.Add(machine.Stamp(path));
        return state.ToHashCode();
    }

    DateTimeOffset? ChangedAt(string path)
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
