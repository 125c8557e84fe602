using System.Diagnostics;

namespace Ratchet.Agent.Tests.Fuzzing;

/// <summary>
/// Every parser of what comes from the host or the network, fed with input that somebody has tampered with: it ends soon, stays
/// small, throws nothing but what it says it throws, and what it accepts is no rubbish. FUZZ_INPUTS says how many inputs in all
/// (10,000), FUZZ_SEED makes another sequence; a failure names parser, number and input, and comes again.
/// </summary>
public sealed class FuzzTests
{
    static readonly int Inputs = Number("FUZZ_INPUTS", 10_000), Seed = Number("FUZZ_SEED", 1);

    /// <summary>Far beyond what any input needs: a guard against a parser that hangs, no measurement.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    const long BytesPerInput = 64 << 20;

    public static TheoryData<string> Names => [.. Parsers.All.Select(parser => parser.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Hostile_input_is_refused_or_read_and_breaks_nothing(string name)
    {
        var parser = Parsers.All.Single(parser => parser.Name == name);
        using var bench = parser.Open();
        // Of the recorded hosts some are broken.
        Assert.Contains(bench.Seeds, seed => Record.Exception(() => bench.Feed(seed)) is null);
        var mutation = new Mutation(Seed, [.. bench.Seeds, []]);
        for (var i = 0; i < (Inputs / Parsers.All.Count) + 1; i++) Feed(bench, parser, i, mutation.Next());
    }

    static void Feed(Bench bench, Parser parser, int number, byte[] input)
    {
        var (allocated, started) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
        var thrown = Record.Exception(() => bench.Feed(input));
        var what = $"{parser.Name}, input {number} of FUZZ_SEED={Seed}, {input.Length} bytes: {Convert.ToBase64String(input.AsSpan(0, Math.Min(input.Length, 4096)))}";
        Assert.True(thrown is null || parser.Throws.Any(type => type.IsInstanceOfType(thrown)), $"{thrown}\n{what}");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < BytesPerInput, $"takes {GC.GetAllocatedBytesForCurrentThread() - allocated} bytes\n{what}");
        Assert.True(Stopwatch.GetElapsedTime(started) < Patience, $"takes {Stopwatch.GetElapsedTime(started)}\n{what}");
    }

    static int Number(string variable, int otherwise) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text) : otherwise;
}
