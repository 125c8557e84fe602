using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Ratchet.Agent.Records;

/// <summary>
/// Checks records one by one as they come, in any order, from any number of threads: form, signature, and that the key may speak
/// for the host. At the end, chain by chain: numbering, links, key changes.
/// </summary>
/// <remarks>
/// Of an accepted record some 13 bytes stay in memory once its neighbours have come, 40 to 80 before (<see cref="ChainPage"/>). Hashes
/// and keys are kept as <see cref="Marks"/>.
/// </remarks>
sealed class Verifier : IDisposable
{
    readonly ConcurrentDictionary<(string Host, string Chain), VerifiedChain> chains = new();
    readonly ProblemList problems = new();
    readonly ConcurrentDictionary<(string Host, Digest KeyId), long> afterUse = new();
    readonly Marks marks = new();
    readonly Lock gate = new();
    Examiner examiner;
    KeySet keys;
    long accepted, repeated;

    public Verifier(KeySet keys) => (this.keys, examiner) = (keys, new Examiner(keys));

    /// <summary>The keys that are believed from now on.</summary>
    public KeySet Keys
    {
        get => keys;
        set
        {
            lock (gate)
            {
                examiner.Dispose();
                (keys, examiner) = (value, new Examiner(value));
            }
        }
    }

    /// <summary>Takes one record. Where it is refused, <paramref name="problem"/> says why.</summary>
    public Verdict Add(string compact, out Problem? problem)
    {
        // A character outside ASCII becomes one that no record has; what is too long is refused by its length.
        lock (gate) return Add(Encoding.Latin1.GetBytes(compact), examiner, out problem);
    }

    /// <param name="examiner">The calling thread's own.</param>
    public Verdict Add(ReadOnlySpan<byte> compact, Examiner examiner, out Problem? problem)
    {
        problem = examiner.Examine(compact);
        var verdict = problem is null ? Keep(examiner, out problem) : Verdict.Refused;
        if (problem is not null) problems.Add(problem);
        if (verdict == Verdict.Accepted) Interlocked.Increment(ref accepted);
        if (verdict == Verdict.Repeated) Interlocked.Increment(ref repeated);
        return verdict;
    }

    /// <summary>A line that holds no record at all.</summary>
    public void AddMalformed(string message) => problems.Add(new Problem(ProblemKind.Malformed, null, null, 0, message));

    /// <summary>Judges what has come so far.</summary>
    /// <param name="window">The ends of a chain may be missing (an export of one month), the middle not; so may whole chains before.</param>
    public VerifyReport Report(bool window)
    {
        var (all, notices) = (new ProblemList(problems), new ProblemList());
        var reports = new List<ChainReport>();
        foreach (var chain in chains.Values)
            lock (chain)
                if (chain.HasRecords) reports.Add(chain.Report(window, all, notices));
        foreach (var chain in reports) FindFollowed(chain, window ? notices : all);
        foreach (var ((host, key), count) in afterUse)
            notices.Add(new Problem(ProblemKind.OutsideValidity, host, null, 0, $"{count} records signed by {key} are dated after it was last believed: a backlog, a clock that was wrong, or a stolen key"));
        // By when they say that they begin.
        reports = [.. reports.OrderBy(chain => chain.Host, StringComparer.Ordinal).ThenBy(chain => chain.FirstPosition.Time).ThenBy(chain => chain.Chain, StringComparer.Ordinal)];
        for (var i = 1; i < reports.Count; i++)
            if (reports[i].Host == reports[i - 1].Host) notices.Add(NewChain(reports[i], reports[i - 1]));
        return new VerifyReport(Interlocked.Read(ref accepted), Interlocked.Read(ref repeated), reports, all.Sorted(), all.Counts, notices.Sorted());
    }

    public void Dispose() => examiner.Dispose();

    Verdict Keep(Examiner examined, out Problem? problem)
    {
        var claims = examined.Claims!;
        var (chain, verdict) = (ChainOf(claims.Host, claims.Chain), Verdict.Refused);
        lock (chain) verdict = chain.Add(claims, examined.KeyId, examined.Hash, out problem);
        if (verdict == Verdict.Accepted && examined.IsAfterUse) afterUse.AddOrUpdate((claims.Host, examined.KeyId), 1, static (_, count) => count + 1);
        if (verdict != Verdict.Accepted || claims.Lost is not { } lost) return verdict;
        // The host may have had another of the key's names then.
        foreach (var other in examined.Hosts.Select(name => ChainOf(name, lost.Chain)))
            lock (other) other.Declare(lost.First, lost.Last, claims.GapKeyId);
        return verdict;
    }

    /// <summary>Reports the chain that another one names as the one before, where it is not here at all.</summary>
    void FindFollowed(ChainReport chain, ProblemList found)
    {
        // A clone names a chain of another machine, whose records may be elsewhere.
        if (chain is not { Follows: { } before, Reason: not "cloned" }) return;
        // It may be of another name of the host: whoever holds its key could have written it.
        var names = chains[(chain.Host, chain.Chain)].FirstKeyId is { } key && keys.Find(key) is { } known ? known.Hosts : [chain.Host];
        if (names.Any(name => IsAccountedFor(name, before))) return;
        found.Add(new Problem(ProblemKind.Missing, chain.Host, before, 1, $"and all of chain {Checks.Printable.Clean(before, 64)} is missing, which record 1 of chain {chain.Chain} names as the one before"));
    }

    bool IsAccountedFor(string host, string id)
    {
        if (!chains.TryGetValue((host, id), out var chain)) return false;
        lock (chain) return chain.IsAccountedFor;
    }

    VerifiedChain ChainOf(string host, string id) =>
        chains.GetOrAdd((host, id), static (name, marks) => new VerifiedChain(name.Host, name.Chain, marks), marks);

    static Problem NewChain(ChainReport chain, ChainReport before)
    {
        var reason = chain.Reason is null ? "record 1, which says why, is not here" : Checks.Printable.Clean(chain.Reason, 64);
        var follows = chain.Follows is null || chain.Follows == before.Chain ? "" : $" and names {Checks.Printable.Clean(chain.Follows, 64)} as the one before";
        return new Problem(ProblemKind.NewChain, chain.Host, chain.Chain, chain.First, $"begins ({reason}){follows}; chain {before.Chain} is here up to {before.Last}");
    }
}

/// <summary>
/// Stands for hashes with 64 bits each: the beginning of a SHA-256 over a secret of this process and the hash. Two hashes with one
/// mark are found by chance in one of 2^64 comparisons, and on purpose by nobody who does not know the secret.
/// </summary>
sealed class Marks
{
    readonly byte[] secret = RandomNumberGenerator.GetBytes(Digest.Length);

    public ulong Of(Digest hash)
    {
        Span<byte> text = stackalloc byte[2 * Digest.Length], mark = stackalloc byte[Digest.Length];
        secret.CopyTo(text);
        hash.CopyTo(text[Digest.Length..]);
        SHA256.HashData(text, mark);
        return BitConverter.ToUInt64(mark);
    }
}
