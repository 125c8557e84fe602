using System.Numerics;

namespace Ratchet.Agent.Records;

/// <summary>What is kept of a record; hashes and keys as <see cref="Marks"/>.</summary>
/// <param name="Previous">0 in record 1.</param>
/// <param name="Key">The key that signed it.</param>
/// <param name="NextKey">The key that has to sign the next one.</param>
/// <param name="Time">Milliseconds since 1970.</param>
readonly record struct Link(ulong Hash, ulong Previous, ulong Key, ulong NextKey, long EventSequence, long Time)
{
    /// <summary>How much earlier than the one before a record may be dated: records of one sweep are dated by its start.</summary>
    public const long ClockTolerance = 60_000;

    /// <summary>What is wrong between two records that are neighbours here.</summary>
    /// <param name="adjacent">Nothing is missing between them.</param>
    public IEnumerable<ProblemKind> Flaws(Link right, bool adjacent)
    {
        if (adjacent && right.Previous != Hash) yield return ProblemKind.BrokenLink;
        if (right.Key != NextKey) yield return ProblemKind.KeyChanged;
        if (right.EventSequence <= EventSequence) yield return ProblemKind.OutOfOrder;
        if (right.Time < Time - ClockTolerance) yield return ProblemKind.BackDated;
    }
}

/// <summary>
/// Up to 64 consecutive numbers of a chain. As soon as all are there and nothing is wrong between them, only the ends and a mark
/// of each record remain: enough to link the next page, and to tell a repeat from a fork.
/// </summary>
sealed class ChainPage
{
    public const int Size = 64;

    /// <summary>Which numbers are here, a bit each.</summary>
    ulong present;

    /// <summary>By number, without holes; null in a closed page.</summary>
    Link[]? links = new Link[4];

    /// <summary>A closed page.</summary>
    ulong[]? hashes;
    Link first, last;

    /// <summary>The mark of the record at a place; null where there is none.</summary>
    public ulong? HashAt(int slot) =>
        (present >> slot & 1) == 0 ? null : hashes is not null ? hashes[slot] : links![Rank(slot)].Hash;

    /// <summary>Adds the record of a place that is free.</summary>
    public void Add(int slot, Link link)
    {
        var (count, rank) = (BitOperations.PopCount(present), Rank(slot));
        if (count == links!.Length) Array.Resize(ref links, 2 * count);
        links.AsSpan(rank, count - rank).CopyTo(links.AsSpan(rank + 1));
        links[rank] = link;
        present |= 1UL << slot;
        if (present == ulong.MaxValue && IsFlawless()) Close();
    }

    /// <summary>The records in order; of a closed page the first and the last, which stand for all.</summary>
    public IEnumerable<(int Slot, Link Link, bool IsJoined)> Read()
    {
        if (links is null)
        {
            yield return (0, first, false);
            yield return (Size - 1, last, true);
            yield break;
        }
        var rank = 0;
        for (var slot = 0; slot < Size; slot++)
            if ((present >> slot & 1) != 0) yield return (slot, links[rank++], false);
    }

    int Rank(int slot) => BitOperations.PopCount(present & ((1UL << slot) - 1));

    /// <summary>A page in which the key changes stays open, too: the change is reported.</summary>
    bool IsFlawless()
    {
        for (var i = 0; i < Size; i++)
            if (links![i].Key != links[i].NextKey || (i > 0 && links[i - 1].Flaws(links[i], adjacent: true).Any())) return false;
        return true;
    }

    void Close()
    {
        (hashes, first, last) = (Array.ConvertAll(links!, link => link.Hash), links![0], links[^1]);
        links = null;
    }
}
