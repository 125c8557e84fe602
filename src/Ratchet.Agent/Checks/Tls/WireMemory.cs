using System.Globalization;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tls;

/// <summary>What a listener says.</summary>
/// <param name="Stands">What it said before, where nothing but time speaks against it; null: it has not been asked before, or has changed.</param>
sealed record WireAnswer(Task<WireFacts> Facts, WireFacts? Stands);

/// <summary>
/// What listeners said, so that a sweep costs nothing: each is asked when it is new or changed, when a certificate file changed, and
/// once a day; one that gave no clear answer once an hour. After a restart of the agent all are asked again.
/// </summary>
sealed class WireMemory
{
    static readonly TimeSpan Lifetime = TimeSpan.FromDays(1), UnclearLifetime = TimeSpan.FromHours(1), AnswerLimit = TimeSpan.FromMinutes(1);

    /// <summary>Servers take a new certificate some time after its file changed: they are asked again then.</summary>
    static readonly TimeSpan ReloadTime = TimeSpan.FromMinutes(10);

    /// <summary>Workers that come and go are no reason to ask more often than this.</summary>
    static readonly TimeSpan WorkerTime = TimeSpan.FromMinutes(10);

    const int AtOnce = 8;

    static readonly SemaphoreSlim Slots = new(AtOnce);

    readonly Dictionary<string, Entry> entries = [];

    /// <summary>The answer, or the promise of one; where only time has passed, the last answer stands until the next is there.</summary>
    public WireAnswer Recall(TlsTarget target, Machine machine, DateTimeOffset? certificatesChanged, Func<CancellationToken, Task<WireFacts>> ask)
    {
        var (now, listener) = (machine.Now, target.Listener);
        var key = $"{string.Join(' ', listener.Inodes)} {target.Wire} {target.Approach.Opening} {string.Join(' ', target.Names)}";
        if (entries.TryGetValue(listener.Subject, out var known) && known.Key == key && known.IsCurrent(listener, now, certificatesChanged)) return known.Answer;
        var facts = Task.Run(() => AskAsync(ask), CancellationToken.None);
        var stands = known is not null && known.Key == key && known.Answer.Facts.IsCompletedSuccessfully && known.IsOld(now) ? known.Answer.Facts.Result : null;
        entries[listener.Subject] = new Entry(key, listener.Processes, now, new WireAnswer(facts, stands));
        return entries[listener.Subject].Answer;
    }

    /// <summary>Forgets listeners that are gone.</summary>
    public void Keep(IEnumerable<TlsTarget> targets)
    {
        foreach (var gone in entries.Keys.Except(targets.Select(target => target.Listener.Subject)).ToArray()) entries.Remove(gone);
    }

    /// <summary>Whether a listener's processes were replaced: it was reloaded or started anew under the same socket.</summary>
    public bool SawReplacement(Machine machine) => entries.Values.Any(entry => IsReplaced(entry.Processes, [.. entry.Processes.Where(id => machine.Stamp($"/proc/{id.ToString(CultureInfo.InvariantCulture)}") != 0)]));

    /// <summary>
    /// A reload replaces all workers of a master (nginx, HAProxy), a restart below systemd's socket all but systemd. Where several stay,
    /// workers come and go as the load does (Apache).
    /// </summary>
    internal static bool IsReplaced(IReadOnlyList<int> before, IReadOnlyList<int> now)
    {
        var stayed = before.Intersect(now).Count();
        return stayed == 0 ? before.Count > 0 : stayed == 1 && before.Count > 1;
    }

    static async Task<WireFacts> AskAsync(Func<CancellationToken, Task<WireFacts>> ask)
    {
        await Slots.WaitAsync();
        using var limit = new CancellationTokenSource(AnswerLimit);
        try
        {
            return await ask(limit.Token);
        }
        catch (OperationCanceledException)
        {
            return new WireFacts(Speech.Unclear, $"it takes longer than {AnswerLimit.TotalSeconds} s to answer");
        }
        finally
        {
            Slots.Release();
        }
    }

    sealed record Entry(string Key, IReadOnlyList<int> Processes, DateTimeOffset At, WireAnswer Answer)
    {
        Task<WireFacts> Facts => Answer.Facts;

        public bool IsCurrent(Listener listener, DateTimeOffset now, DateTimeOffset? certificatesChanged)
        {
            if (!Facts.IsCompleted) return true;
            if (now < At || IsOld(now)) return false;
            if (now - At >= WorkerTime && IsReplaced(Processes, listener.Processes)) return false;
            if (certificatesChanged is not { } changed || changed > now) return true;
            return At >= changed && (At >= changed + ReloadTime || now < changed + ReloadTime);
        }

        public bool IsOld(DateTimeOffset now) => now - At >= (Facts.IsCompletedSuccessfully && Facts.Result.Speech != Speech.Unclear ? Lifetime : UnclearLifetime);
    }
}
