using System.CommandLine;
using System.Text.Json.Nodes;
using Ratchet.Agent.Records;

namespace Ratchet.Agent.Cli;

/// <summary><c>verify</c>: proves records, or names each that is forged, missing, forked or foreign.</summary>
static class VerifyVerb
{
    public static Verb Build()
    {
        var keys = new Option<string>("--keys") { Description = "the JWK Set of the hosts' public keys", HelpName = "JWKS", DefaultValueFactory = _ => "/etc/ratchet-agent/keys.json" };
        var window = new Option<bool>("--window") { Description = "the ends of a chain may be missing (an export of one month), the middle not" };
        var format = new Option<string>("--format") { Description = "text or json", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        var files = new Argument<string[]>("FILE") { Description = "a compact JWS per line, or JSON with a jws field; any order, repeats allowed; - is standard input", Arity = ArgumentArity.OneOrMore };
        var verb = new Verb("verify", "check signatures, numbering and chain of records") { keys, window, format, files };
        verb.SetAction((arguments, cancel) => Setup.GuardAsync(() =>
        {
            var verifier = new Verifier(ReadKeys(arguments.GetValue(keys)!));
            foreach (var file in arguments.GetValue(files)!) ReadFile(verifier, file, cancel);
            var report = verifier.Report(arguments.GetValue(window));
            if (arguments.GetValue(format) == "json") Output.Json(ToJson(report));
            else Print(report);
            return Task.FromResult(report.IsGood ? Exit.Good : Exit.Bad);
        }));
        return verb;
    }

    /// <summary>The closing line of a good report; every other report names problems.</summary>
    public static string Summary(VerifyReport report) => report switch
    {
        { IsGood: true } => $"{report.Accepted} records, all signatures good, chain unbroken",
        { Accepted: 0, Problems.Count: 0 } => "no records",
        _ => $"{report.Accepted} records good, {report.Problems.Count} problems",
    };

    static KeySet ReadKeys(string path)
    {
        try
        {
            return KeySet.Parse(File.ReadAllText(path));
        }
        catch (FormatException e)
        {
            throw new FormatException($"{path}: {e.Message}", e);
        }
    }

    static void ReadFile(Verifier verifier, string file, CancellationToken cancel)
    {
        using var reader = file == "-" ? Console.In : new StreamReader(file);
        var number = 0;
        foreach (var line in RecordLines.Read(reader))
        {
            cancel.ThrowIfCancellationRequested();
            number++;
            if (line is { Length: 0 }) continue;
            if (line is not null && RecordLines.Find(line) is { } compact) verifier.Add(compact, out _);
            else verifier.AddMalformed($"{file}:{number}: holds no record");
        }
    }

    static void Print(VerifyReport report)
    {
        foreach (var problem in report.Problems)
            Console.WriteLine($"{Name(problem.Kind)}: {problem.Host ?? "unknown host"}{(problem.Sequence > 0 ? $" #{problem.Sequence}" : "")}: {Checks.Printable.Clean(problem.Message, 1024)}");
        foreach (var chain in report.Chains)
            Console.WriteLine($"{chain.Host}: chain {chain.Chain}: {chain.Records} records, {chain.First} to {chain.Last}{(chain.Declared > 0 ? $", {chain.Declared} given up and declared" : "")}: {(chain.IsWhole ? "whole" : "NOT WHOLE")}");
        if (report.Repeated > 0) Console.WriteLine($"{report.Repeated} exact repeats");
        Console.WriteLine(Summary(report));
    }

    public static JsonObject ToJson(VerifyReport report) => new()
    {
        ["good"] = report.IsGood,
        ["accepted"] = report.Accepted,
        ["repeated"] = report.Repeated,
        ["chains"] = new JsonArray([.. report.Chains.Select(chain => new JsonObject
        {
            ["host"] = chain.Host, ["chain"] = chain.Chain, ["first"] = chain.First, ["last"] = chain.Last,
            ["records"] = chain.Records, ["declared"] = chain.Declared, ["whole"] = chain.IsWhole,
        })]),
        ["problems"] = new JsonArray([.. report.Problems.Select(problem => new JsonObject
        {
            ["kind"] = Name(problem.Kind), ["host"] = problem.Host, ["chain"] = problem.Chain,
            ["sequence"] = problem.Sequence > 0 ? problem.Sequence : null, ["message"] = problem.Message,
        })]),
    };

    static string Name(ProblemKind kind) => kind switch
    {
        ProblemKind.UnknownKey => "unknown key",
        ProblemKind.ForeignHost => "foreign host",
        ProblemKind.BrokenLink => "broken link",
        ProblemKind.KeyChanged => "key changed",
        ProblemKind.OutOfOrder => "out of order",
        _ => kind.ToString().ToLowerInvariant(),
    };
}
