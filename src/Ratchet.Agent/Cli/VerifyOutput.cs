using System.Text.Json.Nodes;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Records;

namespace Ratchet.Agent.Cli;

/// <summary>What <c>verify</c> prints: a line per problem, notice and chain and a closing line; or one JSON object.</summary>
static class VerifyOutput
{
    const int TextLimit = 1024;

    /// <summary>The closing line of a good report; every other report names problems.</summary>
    public static string Summary(VerifyReport report) => report switch
    {
        { IsGood: true } => $"{report.Accepted} records, all signatures good, chain unbroken",
        { Accepted: 0, Problems.Count: 0 } => "no records",
        _ => $"{report.Accepted} records good, {report.ProblemCounts.Values.Sum()} problems",
    };

    public static void Text(VerifyReport report, TextWriter output)
    {
        foreach (var problem in report.Problems) output.WriteLine(Line(problem));
        foreach (var (kind, count) in report.ProblemCounts.OrderBy(pair => pair.Key))
            if (count - report.Problems.Count(problem => problem.Kind == kind) is > 0 and var more) output.WriteLine($"{Name(kind)}: {more} more");
        foreach (var notice in report.Notices) output.WriteLine("notice: " + Line(notice));
        foreach (var chain in report.Chains) output.WriteLine(Line(chain));
        if (report.Repeated > 0) output.WriteLine($"{report.Repeated} exact repeats");
        output.WriteLine(Summary(report));
    }

    public static JsonObject Json(VerifyReport report) => new()
    {
        ["good"] = report.IsGood,
        ["accepted"] = report.Accepted,
        ["repeated"] = report.Repeated,
        ["chains"] = new JsonArray([.. report.Chains.Select(chain => new JsonObject
        {
            ["host"] = chain.Host, ["chain"] = chain.Chain,
            ["first"] = chain.First, ["firstTime"] = Payload.Time(chain.FirstPosition.Time), ["last"] = chain.Last, ["lastTime"] = Payload.Time(chain.LastPosition.Time),
            ["reason"] = chain.Reason, ["follows"] = chain.Follows, ["records"] = chain.Records, ["declared"] = chain.Declared, ["missing"] = chain.Missing,
            ["rotations"] = chain.Rotations, ["backDated"] = chain.BackDated, ["whole"] = chain.IsWhole,
        })]),
        ["counts"] = new JsonObject(report.ProblemCounts.OrderBy(pair => pair.Key).Select(pair => KeyValuePair.Create(Name(pair.Key), (JsonNode?)pair.Value))),
        ["problems"] = new JsonArray([.. report.Problems.Select(Json)]),
        ["notices"] = new JsonArray([.. report.Notices.Select(Json)]),
    };

    static JsonObject Json(Problem problem) => new()
    {
        ["kind"] = Name(problem.Kind), ["host"] = problem.Host, ["chain"] = problem.Chain,
        ["sequence"] = problem.Sequence > 0 ? problem.Sequence : null, ["message"] = problem.Message,
    };

    static string Line(Problem problem) =>
        $"{Name(problem.Kind)}: {Clean(problem.Host ?? "unknown host")}{(problem.Sequence > 0 ? $" #{problem.Sequence}" : "")}: {Clean(problem.Message)}";

    static string Line(ChainReport chain)
    {
        var parts = new List<string> { $"{chain.Records} records, {chain.First} to {chain.Last}", $"{Payload.Time(chain.FirstPosition.Time)} to {Payload.Time(chain.LastPosition.Time)}" };
        if (chain.Reason is not null) parts.Add($"begins: {chain.Reason}");
        if (chain.Rotations > 0) parts.Add($"{chain.Rotations} key rotations");
        if (chain.Declared > 0) parts.Add($"{chain.Declared} given up and declared");
        if (chain.Missing > 0) parts.Add($"{chain.Missing} missing");
        if (chain.BackDated > 0) parts.Add($"clock set back {chain.BackDated} times");
        return $"{Clean(chain.Host)}: chain {Clean(chain.Chain)}: {Clean(string.Join("; ", parts))}: {(chain.IsWhole ? "whole" : "NOT WHOLE")}";
    }

    static string Clean(string text) => Printable.Clean(text, TextLimit);

    static string Name(ProblemKind kind) => kind switch
    {
        ProblemKind.UnknownKey => "unknown key",
        ProblemKind.ForeignHost => "foreign host",
        ProblemKind.OutsideValidity => "outside validity",
        ProblemKind.BrokenLink => "broken link",
        ProblemKind.KeyChanged => "key changed",
        ProblemKind.OutOfOrder => "out of order",
        ProblemKind.BackDated => "back-dated",
        ProblemKind.NewChain => "new chain",
        _ => kind.ToString().ToLowerInvariant(),
    };
}
