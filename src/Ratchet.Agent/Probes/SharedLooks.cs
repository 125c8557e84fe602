using System.Collections.Concurrent;

namespace Ratchet.Agent.Probes;

/// <summary>
/// What the checks of one sweep look at in common: who asks first looks, the others get the same answer or the same exception,
/// and the files of the look are watched for all of them.
/// </summary>
sealed class SharedLooks
{
    readonly ConcurrentDictionary<object, Lazy<(Task<object> Answer, FileTrace Files)>> looks = [];

    /// <param name="key">Names the question; equal keys are one question.</param>
    /// <param name="asker">Where the one who asks keeps the files that he depends on.</param>
    public async Task<T> AskAsync<T>(object key, FileTrace? asker, Func<FileTrace, Task<T>> look) where T : notnull
    {
        var (answer, files) = looks.GetOrAdd(key, _ => new(() =>
        {
            var trace = new FileTrace();
            return (Answer: LookAsync(trace, look), Files: trace);
        })).Value;
        try
        {
            return (T)await answer;
        }
        finally
        {
            asker?.Add(files);
        }
    }

    static async Task<object> LookAsync<T>(FileTrace trace, Func<FileTrace, Task<T>> look) where T : notnull => await look(trace);
}
