using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>
/// What commands answered, kept as long as nothing changed that their answer depends on: a sweep over an unchanged host
/// starts no process.
/// </summary>
sealed class SshdAnswers
{
    readonly Dictionary<string, (string Stamp, CommandResult Result, int Sweep)> kept = [];
    int sweep;

    /// <summary>Begins a sweep: what the last one did not ask for is forgotten.</summary>
    public void Begin()
    {
        lock (kept)
        {
            foreach (var (key, _) in kept.Where(entry => entry.Value.Sweep < sweep).ToArray()) kept.Remove(key);
            sweep++;
        }
    }

    /// <param name="stamp">Changes with everything that the answer depends on.</param>
    public async Task<CommandResult> AskAsync(Machine machine, string program, IReadOnlyList<string> arguments, string stamp, CancellationToken cancel)
    {
        var key = string.Join('\0', arguments.Prepend(program));
        lock (kept)
            if (kept.TryGetValue(key, out var known) && known.Stamp == stamp)
            {
                kept[key] = known with { Sweep = sweep };
                return known.Result;
            }
        var result = await machine.RunAsync(program, arguments, cancel);
        lock (kept) kept[key] = (stamp, result, sweep);
        return result;
    }

    /// <summary>Owner, mode, size and times of files: different when any of them changed.</summary>
    public static string Stamp(Machine machine, IEnumerable<string> paths) =>
        string.Join('\n', paths.Select(path => $"{path} {machine.Status(path)}"));
}
