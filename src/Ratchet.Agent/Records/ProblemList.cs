namespace Ratchet.Agent.Records;

/// <summary>
/// Problems as they are found, by many threads: all are counted, and of each kind and host the first are kept, so that a file full
/// of rubbish costs no memory.
/// </summary>
sealed class ProblemList
{
    /// <summary>Most problems that are kept of one kind and host, and of all.</summary>
    public const int Limit = 100, LimitOfAll = 20_000;

    readonly Dictionary<(ProblemKind, string?), int> kept = [];
    readonly List<Problem> list;
    readonly Dictionary<ProblemKind, long> counts;
    readonly Lock gate = new();

    public ProblemList() => (list, counts) = ([], []);

    /// <summary>A copy that goes its own way.</summary>
    public ProblemList(ProblemList other)
    {
        lock (other.gate) (list, counts, kept) = ([.. other.list], new(other.counts), new(other.kept));
    }

    public void Add(Problem problem)
    {
        lock (gate)
        {
            counts[problem.Kind] = counts.GetValueOrDefault(problem.Kind) + 1;
            if (list.Count == LimitOfAll) return;
            var of = kept.GetValueOrDefault((problem.Kind, problem.Host));
            if (of == Limit) return;
            kept[(problem.Kind, problem.Host)] = of + 1;
            list.Add(problem);
        }
    }

    public IReadOnlyDictionary<ProblemKind, long> Counts => counts;

    /// <summary>By host, chain and number, in whatever order they were found.</summary>
    public IReadOnlyList<Problem> Sorted() =>
        [.. list.OrderBy(problem => problem.Host, StringComparer.Ordinal).ThenBy(problem => problem.Chain, StringComparer.Ordinal).ThenBy(problem => problem.Sequence).ThenBy(problem => problem.Kind)];
}
