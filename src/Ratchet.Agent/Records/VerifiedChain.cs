using System.Buffers.Text;

namespace Ratchet.Agent.Records;

/// <summary>The records of one chain that have good signatures, and what is wrong between them.</summary>
sealed class VerifiedChain(string host, string id)
{
    readonly record struct Link(byte[] Hash, string? Previous, string KeyId, string? NextKeyId, long EventSequence);

    readonly SortedDictionary<long, Link> links = [];
    readonly List<(long First, long Last, string? KeyId)> gaps = [];

    public string Host => host;

    public string Id => id;

    public Verdict Add(Claims claims, string keyId, byte[] hash, out Problem? problem)
    {
        problem = null;
        if (links.TryGetValue(claims.Sequence, out var known))
        {
            if (known.Hash.AsSpan().SequenceEqual(hash)) return Verdict.Repeated;
            problem = At(ProblemKind.Forked, claims.Sequence, "two different records carry this number: a cloned or a stolen key");
            return Verdict.Refused;
        }
        links[claims.Sequence] = new Link(hash, claims.Previous, keyId, claims.NextKeyId, claims.EventSequence);
        if (claims.Gap is { } gap && gap.First <= gap.Last) gaps.Add((gap.First, gap.Last, claims.GapKeyId));
        return Verdict.Accepted;
    }

    /// <summary>Walks the chain in order and adds what is wrong to <paramref name="problems"/>.</summary>
    public ChainReport Report(bool window, List<Problem> problems)
    {
        var before = problems.Count;
        var (first, last, declared) = (links.Keys.First(), 0L, 0L);
        if (first > 1 && !window) declared += Missing(1, first - 1, problems);
        Link? previous = null;
        foreach (var (number, link) in links)
        {
            if (previous is { } left) declared += Join(left, last, link, number, problems);
            (previous, last) = (link, number);
        }
        return new ChainReport(host, id, first, last, links.Count, declared, problems.Count == before);
    }

    /// <summary>Holds a record against the one before it that is here; returns how many between them are declared as given up.</summary>
    long Join(Link left, long before, Link right, long number, List<Problem> problems)
    {
        var declared = before + 1 < number ? Missing(before + 1, number - 1, problems) : 0;
        if (before + 1 == number && right.Previous != Base64Url.EncodeToString(left.Hash))
            problems.Add(At(ProblemKind.BrokenLink, number, $"does not follow the record {before} that is here: one of the two was exchanged"));
        // A rotation that was given up: the record that declares the gap names the key after it.
        var isDeclared = before + 1 < number && gaps.Exists(gap => gap.Last == number - 1 && gap.KeyId == right.KeyId);
        if (right.KeyId != (left.NextKeyId ?? left.KeyId) && !isDeclared)
            problems.Add(At(ProblemKind.KeyChanged, number, $"signed by {right.KeyId}, which no record of the key before that is here names"));
        if (right.EventSequence <= left.EventSequence)
            problems.Add(At(ProblemKind.OutOfOrder, number, "event.sequence is not greater than that of the record before"));
        return declared;
    }

    /// <summary>Reports the numbers that no gap record declares; returns how many are declared.</summary>
    long Missing(long from, long to, List<Problem> problems)
    {
        long declared = 0;
        foreach (var (first, last, _) in gaps.Where(gap => gap.Last >= from && gap.First <= to).OrderBy(gap => gap.First))
        {
            if (first > from) problems.Add(Absent(from, first - 1));
            declared += Math.Min(last, to) - Math.Max(first, from) + 1;
            from = Math.Max(from, Math.Min(last, to) + 1);
        }
        if (from <= to) problems.Add(Absent(from, to));
        return declared;
    }

    Problem Absent(long from, long to) => At(ProblemKind.Missing, from, from == to ? "is missing" : $"and all up to {to} are missing ({to - from + 1} records)");

    Problem At(ProblemKind kind, long sequence, string message) => new(kind, host, id, sequence, message);
}
