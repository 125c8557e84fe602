using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Salt;

/// <summary>A job of the minion whose return it has kept.</summary>
/// <param name="At">When it returned.</param>
sealed record SaltJob(string Id, DateTimeOffset At, SaltReturn Return);

/// <summary>What the kept returns tell of highstates.</summary>
/// <param name="Applied">The last that was applied and came as far as states; null where none is among those that were looked at.</param>
/// <param name="Judged">The last that came as far as states, tests included.</param>
/// <param name="Oldest">How far back was looked; null where no return is kept.</param>
/// <param name="Unread">A newer return than <paramref name="Judged"/> that could not be read, and why.</param>
/// <param name="GoesOn">Older returns were left for the next look: there were too many bytes for one.</param>
sealed record SaltHistory(SaltJob? Applied, SaltJob? Judged, DateTimeOffset? Oldest, string? Unread, bool GoesOn = false);

/// <summary>
/// Reads the returns that a minion keeps with <c>cache_jobs: True</c>: CACHEDIR/minion_jobs/JID/return.p, newest first. A return is
/// never changed: what was no highstate is read once, and what could not be understood again only where it changed.
/// </summary>
sealed class SaltJobs
{
    const int ReturnLimit = 16 << 20, LookLimit = 500;

    /// <summary>Bytes of one look: a cache full of huge returns is gone through in some sweeps, not in one.</summary>
    const long LookBytes = 32 << 20;

    readonly Lock guard = new();
    readonly Dictionary<string, (int Stamp, string Reason)> broken = [];
    readonly HashSet<string> others = [];
    readonly Dictionary<string, SaltJob> highstates = [];

    /// <param name="directory">CACHEDIR/minion_jobs.</param>
    /// <param name="isTestByDefault">The minion's configuration has <c>test: True</c>.</param>
    /// <exception cref="IOException">The returns may not be read.</exception>
    public SaltHistory Look(Machine machine, string directory, bool isTestByDefault, CancellationToken cancel)
    {
        lock (guard)
        {
            var ids = (machine.List(directory) ?? []).Where(name => char.IsAsciiDigit(name[0])).OrderDescending(StringComparer.Ordinal).Take(LookLimit).ToArray();
            others.IntersectWith(ids);
            foreach (var gone in highstates.Keys.Except(ids).ToArray()) highstates.Remove(gone);
            foreach (var gone in broken.Keys.Except(ids).ToArray()) broken.Remove(gone);
            var left = LookBytes;
            SaltJob? judged = null;
            string? unread = null;
            DateTimeOffset? oldest = null;
            foreach (var id in ids)
            {
                cancel.ThrowIfCancellationRequested();
                if (others.Contains(id)) continue;
                if (left <= 0) return new SaltHistory(null, judged, null, unread, GoesOn: true);
                var path = $"{directory}/{id}/return.p";
                try
                {
                    if (Job(machine, id, path, ref left) is not { } job) continue;
                    if (job.Return.States is null) continue;
                    judged ??= job;
                    if (!job.Return.IsTest && !isTestByDefault) return new SaltHistory(job, judged, job.At, unread);
                }
                catch (FormatException e)
                {
                    if (judged is null) unread ??= $"{path}: {e.Message}";
                }
            }
            if (ids.Length > 0) oldest = machine.Status($"{directory}/{ids[^1]}/return.p")?.Modified;
            return new SaltHistory(null, judged, oldest, unread);
        }
    }

    /// <summary>Null for what is no highstate, or is no longer there.</summary>
    SaltJob? Job(Machine machine, string id, string path, ref long left)
    {
        if (highstates.TryGetValue(id, out var known)) return known;
        if (machine.Status(path) is not { } status) return null;
        var stamp = status.GetHashCode();
        if (broken.TryGetValue(id, out var before) && before.Stamp == stamp) throw new FormatException(before.Reason);
        left -= status.Size;
        if (machine.ReadBytes(path, ReturnLimit) is not { } bytes) return null;
        try
        {
            var result = SaltReturn.Parse(bytes);
            if (result.IsHighstate) return highstates[id] = new SaltJob(id, status.Modified, result);
            others.Add(id);
            return null;
        }
        catch (FormatException e)
        {
            broken[id] = (stamp, e.Message);
            throw;
        }
    }
}
