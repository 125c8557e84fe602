using Ratchet.Agent.Checks;

namespace Ratchet.Agent.Service;

/// <summary>
/// Asks checks one after the other, on another thread than the asker's. One whose answer does not come (a file lies on a file
/// system that hangs) is left alone until it has come; the others are asked without it.
/// </summary>
/// <param name="patience">The longest that one of them holds up the others, once.</param>
sealed class Round<T>(TimeSpan patience)
{
    readonly Dictionary<ICheck, Task> stuck = [];

    /// <summary>The answers, in the order of the checks, without those that did not come.</summary>
    public async Task<IReadOnlyList<(ICheck Check, T Answer)>> AskAsync(IEnumerable<ICheck> checks, Func<ICheck, Task<T>> ask, CancellationToken cancel)
    {
        foreach (var (check, question) in stuck.ToArray())
            if (question.IsCompleted) stuck.Remove(check);
        var answers = new List<(ICheck, T)>();
        var rest = checks.Where(check => !stuck.ContainsKey(check)).ToArray();
        while (rest.Length > 0)
        {
            var lap = new Lap(rest);
            var run = Task.Run(() => lap.RunAsync(ask), CancellationToken.None);
            // The last answer may come at the very moment when the time is over: what counts is what came.
            await run.WaitAsync(patience, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancel.ThrowIfCancellationRequested();
            if (run.IsCompleted) await run;
            var came = lap.Leave();
            answers.AddRange(came);
            if (came.Count < rest.Length) stuck[rest[came.Count]] = run;
            rest = rest[Math.Min(came.Count + 1, rest.Length)..];
        }
        return answers;
    }

    /// <summary>The checks up to one that does not answer.</summary>
    sealed class Lap(ICheck[] checks)
    {
        readonly List<(ICheck, T)> answers = [];
        readonly Lock guard = new();
        bool isLeft;

        public async Task RunAsync(Func<ICheck, Task<T>> ask)
        {
            foreach (var check in checks)
            {
                var answer = await ask(check);
                lock (guard)
                {
                    if (isLeft) return;
                    answers.Add((check, answer));
                }
            }
        }

        /// <summary>What has been answered; what comes after this is not.</summary>
        public IReadOnlyList<(ICheck, T)> Leave()
        {
            lock (guard)
            {
                isLeft = true;
                return answers;
            }
        }
    }
}
