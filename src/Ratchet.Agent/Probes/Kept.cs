namespace Ratchet.Agent.Probes;

/// <summary>What was made of files, kept until one of them changes: ten thousand lines are parsed once, and not in each sweep.</summary>
sealed class Kept<T>
{
    readonly Lock guard = new();
    (object Key, FileTrace Trace, WatchedFiles Files, T? Value, string? Problem)? kept;

    /// <param name="key">What the answer depends on beside files.</param>
    /// <param name="make">Looks through the machine that it is given.</param>
    /// <exception cref="FormatException">The files are malformed, and will be until they change.</exception>
    /// <exception cref="IOException">They cannot be read; tried again each time.</exception>
    public T Of(Machine machine, object key, Func<Machine, T> make)
    {
        lock (guard)
        {
            if (kept is not { } last || !last.Key.Equals(key) || last.Files.HaveChanged(machine)) kept = Make(machine, key, make);
            var (_, trace, files, value, problem) = kept.Value;
            machine.DependOn(trace);
            // More files than are compared may change unseen.
            if (!files.AreAll) kept = null;
            return problem is null ? value! : throw new FormatException(problem);
        }
    }

    static (object, FileTrace, WatchedFiles, T?, string?) Make(Machine machine, object key, Func<Machine, T> make)
    {
        var (trace, started) = (new FileTrace(), machine.Now);
        var (value, problem) = (default(T), (string?)null);
        try
        {
            value = make(machine.WithTrace(trace));
        }
        catch (FormatException e)
        {
            problem = e.Message;
        }
        catch
        {
            machine.DependOn(trace);
            throw;
        }
        return (key, trace, new WatchedFiles(machine.Unwatched(), trace, started), value, problem);
    }
}
