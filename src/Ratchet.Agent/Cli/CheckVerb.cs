using System.CommandLine;
using System.Text.Json.Nodes;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;

namespace Ratchet.Agent.Cli;

/// <summary><c>check</c>: one sweep, printed, nothing shipped, nothing written.</summary>
static class CheckVerb
{
    static readonly TimeSpan CheckLimit = TimeSpan.FromSeconds(60);

    public static Verb Build(Setup setup)
    {
        var only = new Option<string[]>("--only") { Description = "check these areas only, separated by commas", HelpName = "AREA,…", AllowMultipleArgumentsPerToken = false };
        var root = RootOption();
        var format = new Option<string>("--format") { Description = "table, json or ndjson", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "json", "ndjson");
        var verb = new Verb("check", "sweep this host once and print the findings; nothing is shipped") { only, root, format };
        verb.SetAction((arguments, cancel) => Setup.GuardAsync(async () =>
        {
            var settings = setup.Load(arguments).Settings;
            var machine = Open(arguments.GetValue(root)!);
            var areas = (arguments.GetValue(only) ?? []).SelectMany(list => list.Split(',')).ToHashSet();
            var findings = await SweepAsync(setup.Checks(settings), areas, machine, settings, cancel);
            Print(arguments.GetValue(format)!, findings, Speaker.Of(machine, settings.Host, setup.Aws.Cloud), machine.Now);
            return ExitCode(findings);
        }));
        return verb;
    }

    public static Option<string> RootOption() =>
        new Option<string>("--root") { Description = "look at this directory (a mounted disk, a recorded host) in place of /", HelpName = "DIR", DefaultValueFactory = _ => "/" };

    public static Machine Open(string root) => root == "/" ? new Machine("/", Probes.Command.RunAsync) : Recording.Open(root);

    public static async Task<IReadOnlyList<Finding>> SweepAsync(IReadOnlyList<ICheck> checks, HashSet<string> areas, Machine machine, Settings settings, CancellationToken cancel)
    {
        var chosen = checks.Where(check => areas.Count == 0 || check.Rules.Any(rule => areas.Contains(rule.Area))).ToList();
        var known = checks.SelectMany(check => check.Rules).Select(rule => rule.Area).Distinct().ToList();
        if (areas.Except(known).FirstOrDefault() is { } unknown) throw new FormatException($"--only: there is no area {unknown}; there are {string.Join(", ", known)}");
        var runs = await new Sweep(machine, CheckLimit, new Waivers(settings.Waivers)).RunAsync(chosen, cancel);
        return [.. Worst.OfEach(runs.SelectMany(run => run.Findings)).Where(finding => areas.Count == 0 || areas.Contains(finding.Rule.Area))];
    }

    public static void Print(string format, IReadOnlyList<Finding> findings, Speaker speaker, DateTimeOffset now)
    {
        if (format == "table")
        {
            PrintTable(findings);
            return;
        }
        var payloads = findings.Select(finding => Payload.Of(finding, speaker, now, transition: null));
        if (format == "json") Output.Json(new JsonArray([.. payloads]));
        else foreach (var payload in payloads) Output.JsonLine(payload);
    }

    static void PrintTable(IReadOnlyList<Finding> findings)
    {
        // The worst comes last, where a terminal leaves the eye.
        var rows = findings.OrderBy(Badness).ThenBy(finding => finding.Rule.Id, StringComparer.Ordinal).ThenBy(finding => finding.Subject, StringComparer.Ordinal);
        Output.Table(["VERDICT", "SEVERITY", "RULE", "SUBJECT", "MESSAGE"], rows.Select(finding =>
            (Colour(finding), new[] { Payload.Evaluation(finding), SeverityOf(finding), finding.Rule.Id, finding.Subject, finding.Message })));
        var counts = Payload.Evaluations.Select(name => $"{findings.Count(finding => Payload.Evaluation(finding) == name)} {name}");
        Console.Error.WriteLine(string.Join(", ", counts));
    }

    static int Badness(Finding finding) => Payload.Evaluation(finding) switch { "failed" => (int)finding.Rule.Severity + 10, "unknown" => 2, "waived" => 1, "passed" => 0, _ => -1 };

    static string SeverityOf(Finding finding) => finding.Outcome == Outcome.Fail ? finding.Rule.Severity.ToString().ToLowerInvariant() : "";

    static string? Colour(Finding finding) => Payload.Evaluation(finding) switch { "failed" => "red", "unknown" => "yellow", "passed" => "green", _ => null };

    static int ExitCode(IReadOnlyList<Finding> findings) =>
        findings.Any(finding => Payload.Evaluation(finding) == "failed") ? Exit.Bad
        : findings.Any(finding => finding.Outcome == Outcome.Unknown) ? Exit.Unknown
        : Exit.Good;
}
