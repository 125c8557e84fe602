namespace Ratchet.Agent.Records;

/// <summary>The numbers of a chain that its gap records declare as given up; ranges may overlap and come in any order.</summary>
sealed class DeclaredGaps
{
    List<(long First, long Last)> ranges = [];
    bool isSorted = true;

    /// <summary>The last number that is declared; 0 where none is.</summary>
    public long Last { get; private set; }

    public void Add(long first, long last)
    {
        if (first > last) return;
        Last = Math.Max(Last, last);
        ranges.Add((first, last));
        isSorted = false;
    }

    /// <summary>What is declared nowhere of a range of numbers.</summary>
    public IEnumerable<(long First, long Last)> Undeclared(long from, long to)
    {
        Sort();
        var at = ranges.BinarySearch((from, long.MaxValue));
        // The range before may reach over the beginning.
        for (var i = Math.Max(0, (at < 0 ? ~at : at) - 1); i < ranges.Count && ranges[i].First <= to && from <= to; i++)
        {
            if (ranges[i].Last < from) continue;
            if (ranges[i].First > from) yield return (from, ranges[i].First - 1);
            if (ranges[i].Last >= to) yield break;
            from = ranges[i].Last + 1;
        }
        if (from <= to) yield return (from, to);
    }

    /// <summary>By number, overlaps joined.</summary>
    void Sort()
    {
        if (isSorted) return;
        ranges.Sort();
        var joined = new List<(long First, long Last)>();
        foreach (var range in ranges)
            if (joined is [.., var last] && range.First <= last.Last) joined[^1] = (last.First, Math.Max(last.Last, range.Last));
            else joined.Add(range);
        (ranges, isSorted) = (joined, true);
    }
}
