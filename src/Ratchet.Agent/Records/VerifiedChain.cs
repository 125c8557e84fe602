namespace Ratchet.Agent.Records;

/// <summary>The records of one chain that have good signatures, and what is wrong between them.</summary>
sealed class VerifiedChain(string host, string id, Marks marks)
{
    readonly Dictionary<long, ChainPage> pages = [];
    readonly DeclaredGaps gaps = new();
    readonly Dictionary<Digest, ulong> keys = [];
    readonly HashSet<(long Last, ulong Key)> keysAfterGaps = [];
    long records, rotations;
    string? reason, follows;

    public string Host => host;

    /// <summary>The key that signed record 1; null where that is not here.</summary>
    public Digest? FirstKeyId { get; private set; }

    public Verdict Add(Claims claims, Digest keyId, Digest hash, out Problem? problem)
    {
        problem = null;
        var (number, slot) = Math.DivRem(claims.Sequence, ChainPage.Size);
        if (!pages.TryGetValue(number, out var page)) pages[number] = page = new ChainPage();
        var mark = marks.Of(hash);
        if (page.HashAt((int)slot) is { } known)
        {
            if (known == mark) return Verdict.Repeated;
            problem = At(ProblemKind.Forked, claims.Sequence, "two different records carry this number: a cloned or a stolen key");
            return Verdict.Refused;
        }
        var key = MarkOf(keyId);
        page.Add((int)slot, new Link(mark, claims.Previous is { } previous ? marks.Of(previous) : 0, key, claims.NextKeyId is { } next ? marks.Of(next) : key,
            claims.EventSequence, claims.Time.ToUnixTimeMilliseconds()));
        records++;
        if (claims.NextKeyId is not null) rotations++;
        if (claims.Sequence == 1) (reason, follows, FirstKeyId) = (claims.Reason, claims.Follows, keyId);
        if (claims.Gap is { } gap) Declare(gap.First, gap.Last, claims.GapKeyId);
        return Verdict.Accepted;
    }

    /// <summary>A record of this chain, or of another one of the host, declares numbers of this one as given up.</summary>
    /// <param name="keyAfter">The key that signs the record after them; null where it is not said.</param>
    public void Declare(long first, long last, Digest? keyAfter)
    {
        gaps.Add(first, last);
        if (keyAfter is { } after) keysAfterGaps.Add((last, marks.Of(after)));
    }

    /// <summary>False where only another chain speaks of it.</summary>
    public bool HasRecords => records > 0;

    /// <summary>Whether records of it are here, or all of it, as far as it is known, is declared as given up.</summary>
    public bool IsAccountedFor => HasRecords || (gaps.Last > 0 && !gaps.Undeclared(1, gaps.Last).Any());

    /// <summary>Walks the chain in order and adds what is wrong to <paramref name="problems"/>, what is remarkable to <paramref name="notices"/>.</summary>
    public ChainReport Report(bool window, ProblemList problems, ProblemList notices)
    {
        var tally = new Tally();
        (long Number, Link Link)? before = null;
        Position first = default;
        foreach (var (number, page) in pages.OrderBy(page => page.Key))
            foreach (var (slot, link, isJoined) in page.Read())
            {
                var here = (number * ChainPage.Size) + slot;
                if (before is not { } left)
                {
                    first = PositionOf(here, link);
                    if (!window && here > 1) Missing(1, here - 1, problems, tally);
                }
                else if (!isJoined) Join(left.Number, left.Link, here, link, problems, notices, tally);
                before = (here, link);
            }
        var last = before!.Value;
        return new ChainReport(host, id, first, PositionOf(last.Number, last.Link), reason, follows, records, tally.Declared, tally.Missing, rotations, tally.BackDated, !tally.IsFlawed);
    }

    /// <summary>What the walk has counted.</summary>
    sealed class Tally
    {
        public long Declared, Missing, BackDated;
        public bool IsFlawed;
    }

    /// <summary>Holds a record against the one before it that is here.</summary>
    void Join(long before, Link left, long number, Link right, ProblemList problems, ProblemList notices, Tally tally)
    {
        if (before + 1 < number) Missing(before + 1, number - 1, problems, tally);
        foreach (var flaw in left.Flaws(right, adjacent: before + 1 == number))
            if (flaw == ProblemKind.BackDated)
            {
                tally.BackDated++;
                notices.Add(At(flaw, number, $"is dated {TimeSpan.FromMilliseconds(left.Time - right.Time)} before the record {before}: the clock was set back; the numbers tell the order"));
            }
            else
            {
                // A rotation that was given up: the record that declares the gap names the key after it.
                if (flaw == ProblemKind.KeyChanged && before + 1 < number && keysAfterGaps.Contains((number - 1, right.Key))) continue;
                tally.IsFlawed = true;
                problems.Add(At(flaw, number, flaw switch
                {
                    ProblemKind.BrokenLink => $"does not follow the record {before} that is here: one of the two was exchanged",
                    ProblemKind.KeyChanged => $"signed by {keys.First(key => key.Value == right.Key).Key}, which no record of the key before that is here names",
                    _ => "event.sequence is not greater than that of the record before",
                }));
            }
    }

    /// <summary>Reports the numbers that no gap record declares.</summary>
    void Missing(long from, long to, ProblemList problems, Tally tally)
    {
        tally.Declared += to - from + 1;
        foreach (var (first, last) in gaps.Undeclared(from, to))
        {
            tally.Declared -= last - first + 1;
            tally.Missing += last - first + 1;
            tally.IsFlawed = true;
            problems.Add(At(ProblemKind.Missing, first, first == last ? "is missing" : $"and all up to {last} are missing ({last - first + 1} records)"));
        }
    }

    /// <summary>A chain has few keys.</summary>
    ulong MarkOf(Digest keyId)
    {
        if (!keys.TryGetValue(keyId, out var mark)) keys[keyId] = mark = marks.Of(keyId);
        return mark;
    }

    static Position PositionOf(long number, Link link) => new(number, DateTimeOffset.FromUnixTimeMilliseconds(link.Time));

    Problem At(ProblemKind kind, long sequence, string message) => new(kind, host, id, sequence, message);
}
