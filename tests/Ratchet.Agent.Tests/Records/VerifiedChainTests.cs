using Ratchet.Agent.Records;

namespace Ratchet.Agent.Tests.Records;

/// <summary>Long chains over many pages, in order and shuffled, whole and with one thing wrong; held against what was done to them.</summary>
public sealed class VerifiedChainTests
{
    const int Length = 1000;

    static readonly DateTimeOffset Start = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<int> Orders => [0, 1, 2, 3];

    [Theory]
    [MemberData(nameof(Orders))]
    public void A_whole_chain_is_whole_in_any_order(int order)
    {
        var (report, problems, notices) = Verify(Shuffled(Whole(), order));

        Assert.Empty(problems);
        Assert.Empty(notices);
        Assert.Equal((1, Length, Length, 0, true), (report.First, report.Last, report.Records, report.Missing, report.IsWhole));
        Assert.Equal((Start.AddSeconds(1), Start.AddSeconds(Length)), (report.FirstPosition.Time, report.LastPosition.Time));
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void What_is_missing_is_named_wherever_it_is(int order)
    {
        foreach (var (first, last) in (List<(int, int)>)[(1, 1), (63, 63), (64, 64), (65, 65), (100, 300), (127, 128), (960, 999)])
        {
            var (report, problems, _) = Verify(Shuffled([.. Whole().Where(claims => claims.Sequence < first || claims.Sequence > last)], order));
            var problem = Assert.Single(problems);
            Assert.Equal((ProblemKind.Missing, (long)first), (problem.Kind, problem.Sequence));
            Assert.Equal((last - first + 1, false), (report.Missing, report.IsWhole));
        }
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void An_exchanged_record_breaks_the_links_around_it(int order)
    {
        foreach (var number in (long[])[2, 63, 64, 65, 500, 999])
        {
            var (_, problems, _) = Verify(Shuffled([.. Whole().Where(claims => claims.Sequence != number), At(number, previous: HashOf(7_000))], order));
            Assert.Contains(problems, problem => problem.Kind == ProblemKind.BrokenLink && problem.Sequence == number);
            Assert.All(problems, problem => Assert.Equal(ProblemKind.BrokenLink, problem.Kind));
        }
    }

    /// <summary>Also long after its page was closed.</summary>
    [Fact]
    public void A_second_record_of_a_number_is_a_fork_and_the_same_again_a_repeat()
    {
        var chain = new VerifiedChain("web01", "c", new Marks());
        foreach (var claims in Whole()) Assert.Equal(Verdict.Accepted, Add(chain, claims));
        foreach (var claims in Whole())
        {
            Assert.Equal(Verdict.Repeated, Add(chain, claims));
            Assert.Equal(Verdict.Refused, chain.Add(claims, default, HashOf(claims.Sequence + 10_000), out var problem));
            Assert.Equal((ProblemKind.Forked, claims.Sequence), (problem!.Kind, problem.Sequence));
        }
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void Declared_gaps_cover_what_they_name_and_no_more(int order)
    {
        List<Claims> records = [.. Whole().Where(claims => claims.Sequence is < 100 or > 300), At(Length + 1, gap: (100, 200)), At(Length + 2, gap: (150, 250)), At(Length + 3, gap: (260, 400))];
        var (report, problems, _) = Verify(Shuffled(records, order));

        Assert.Equal((251L, "and all up to 259 are missing (9 records)"), (Assert.Single(problems).Sequence, problems[0].Message));
        Assert.Equal((192, 9), (report.Declared, report.Missing));
    }

    [Fact]
    public void A_gap_of_all_numbers_there_are_neither_overflows_nor_hides_a_fork()
    {
        var (report, problems, _) = Verify([At(1), At(2, gap: (long.MinValue, long.MaxValue)), At(long.MaxValue - 1)]);
        Assert.Empty(problems);
        Assert.Equal(long.MaxValue - 4, report.Declared);
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void A_rotation_that_was_given_up_is_believed_where_the_gap_names_the_key(int order)
    {
        var (old, next) = (HashOf(90_001), HashOf(90_002));
        foreach (var named in (Digest?[])[next, old, null])
        {
            var chain = new VerifiedChain("web01", "c", new Marks());
            List<Claims> records = [.. Whole().Where(claims => claims.Sequence is < 100 or > 120), At(Length + 1, gap: (100, 120), gapKey: named)];
            foreach (var claims in Shuffled(records, order)) chain.Add(claims, claims.Sequence < 100 ? old : next, HashOf(claims.Sequence), out _);
            var problems = new ProblemList();
            chain.Report(window: false, problems, new ProblemList());
            if (named == next) Assert.Empty(problems.Sorted());
            else Assert.Equal((ProblemKind.KeyChanged, 121L), (Assert.Single(problems.Sorted()).Kind, problems.Sorted()[0].Sequence));
        }
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void A_clock_that_was_set_back_is_a_notice_where_it_happened(int order)
    {
        List<Claims> records = [.. Whole().Select(claims => claims.Sequence is >= 500 and < 700 ? claims with { Time = claims.Time.AddYears(-1) } : claims)];
        var (report, problems, notices) = Verify(Shuffled(records, order));

        Assert.Empty(problems);
        Assert.Equal((ProblemKind.BackDated, 500L, 1L), (Assert.Single(notices).Kind, notices[0].Sequence, report.BackDated));
        Assert.True(report.IsWhole);
    }

    [Fact]
    public void A_million_problems_are_counted_and_some_of_them_kept()
    {
        var problems = new ProblemList();
        for (var i = 0; i < 1_000_000; i++) problems.Add(new Problem(ProblemKind.UnknownKey, $"host{i % 100_000}", null, i, ""));

        Assert.Equal(1_000_000, problems.Counts[ProblemKind.UnknownKey]);
        Assert.Equal(ProblemList.LimitOfAll, problems.Sorted().Count);
    }

    static (ChainReport, IReadOnlyList<Problem>, IReadOnlyList<Problem>) Verify(IReadOnlyList<Claims> records)
    {
        var (chain, problems, notices) = (new VerifiedChain("web01", "c", new Marks()), new ProblemList(), new ProblemList());
        foreach (var claims in records) Assert.Equal(Verdict.Accepted, Add(chain, claims));
        return (chain.Report(window: false, problems, notices), problems.Sorted(), notices.Sorted());
    }

    static Verdict Add(VerifiedChain chain, Claims claims) => chain.Add(claims, default, HashOf(claims.Sequence), out _);

    static List<Claims> Whole() => [.. Enumerable.Range(1, Length).Select(number => At(number))];

    static Claims At(long number, Digest? previous = null, (long, long)? gap = null, Digest? gapKey = null) => new(
        "web01", "c", number, number == 1 ? null : previous ?? HashOf(number - 1), Start.AddSeconds(Math.Min(number, 10 * Length)), "stop", number, "e", null, gap, gapKey, null, null, null);

    static Digest HashOf(long number) => new((ulong)number, 1, 2, 3);

    /// <summary>0: as it is; 1: backwards; else shuffled.</summary>
    static IReadOnlyList<Claims> Shuffled(List<Claims> records, int order)
    {
        var shuffled = records.ToArray();
        if (order == 1) Array.Reverse(shuffled);
        if (order > 1) new Random(order).Shuffle(shuffled);
        return shuffled;
    }
}
