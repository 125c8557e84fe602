using System.CommandLine;
using System.Text.Json.Nodes;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Records;

namespace Ratchet.Agent.Cli;

/// <summary><c>controls</c>: each control that a rule cites, the rules that help to prove it, and what they say on this host now.</summary>
static class ControlsVerb
{
    public static Verb Build(Setup setup)
    {
        var root = CheckVerb.RootOption();
        var format = new Option<string>("--format") { Description = "table, json or markdown", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "json", "markdown");
        var verb = new Verb("controls", "sweep this host once and list each HIPAA and HITRUST control with what its rules say") { root, format };
        verb.SetAction((arguments, cancel) => Setup.GuardAsync(async () =>
        {
            var settings = setup.Load(arguments).Settings;
            var machine = CheckVerb.Open(arguments.GetValue(root)!);
            var findings = await CheckVerb.SweepAsync(setup.Checks(settings), [], machine, settings, cancel);
            Print(arguments.GetValue(format)!, Cover(setup.Rules, findings), Speaker.Of(machine, settings.Host).Name, machine.Now);
            return Exit.Good;
        }));
        return verb;
    }

    /// <summary>One control, its rules in order of their ids, and how many findings of them have each evaluation.</summary>
    /// <param name="Control">As in a rule's tags: <c>HIPAA 164.312(d)</c>.</param>
    internal sealed record Coverage(string Control, string Title, IReadOnlyList<RuleVerdicts> Rules)
    {
        public int Count(string evaluation) => Rules.Sum(rule => rule.Counts.GetValueOrDefault(evaluation));
    }

    /// <summary>How many findings of a rule have each evaluation.</summary>
    internal sealed record RuleVerdicts(string Rule, IReadOnlyDictionary<string, int> Counts)
    {
        public override string ToString() => $"{Rule} ({string.Join(", ", Payload.Evaluations.Where(Counts.ContainsKey).Select(name => $"{Counts[name]} {name}"))})";
    }

    /// <summary>HIPAA first, then HITRUST, each in the order of its numbers.</summary>
    internal static IReadOnlyList<Coverage> Cover(IReadOnlyList<Rule> rules, IReadOnlyList<Finding> findings)
    {
        var verdicts = findings.GroupBy(finding => finding.Rule.Id)
            .ToDictionary(group => group.Key, group => new RuleVerdicts(group.Key, group.CountBy(Payload.Evaluation).ToDictionary(StringComparer.Ordinal)), StringComparer.Ordinal);
        return
        [
            .. Of("HIPAA", Controls.HipaaTitles, rule => rule.Controls.Hipaa),
            .. Of("HITRUST", Controls.HitrustTitles, rule => rule.Controls.Hitrust),
        ];

        IEnumerable<Coverage> Of(string publisher, IReadOnlyDictionary<string, string> titles, Func<Rule, IReadOnlyList<string>> cited) =>
            titles.OrderBy(title => title.Key, StringComparer.Ordinal)
                .Select(title => new Coverage($"{publisher} {title.Key}", title.Value, [.. rules.Where(rule => cited(rule).Contains(title.Key)).Select(rule => verdicts[rule.Id])]))
                .Where(control => control.Rules.Count > 0);
    }

    static void Print(string format, IReadOnlyList<Coverage> controls, string host, DateTimeOffset now)
    {
        switch (format)
        {
            case "json": Output.Json(ToJson(controls, host, now)); break;
            case "markdown": Console.Write(Markdown(controls, host, now)); break;
            default: PrintTable(controls); break;
        }
    }

    static void PrintTable(IReadOnlyList<Coverage> controls)
    {
        Output.Table(["CONTROL", .. Payload.Evaluations.Select(name => name.ToUpperInvariant()), "RULES", "TITLE"], controls.Select(control =>
            (Colour(control), (string[])[control.Control, .. Counts(control), $"{control.Rules.Count}", control.Title])));
        Console.WriteLine("\nThe mapping of rules to controls is Ratchet's own. No agent on a host can prove:");
        Output.Table(["CONTROL", "WHAT", "PROVED BY"], BeyondHosts.All.Select(one => ((string?)null, new[] { "HIPAA " + one.Paragraph, one.What, one.ProvedBy })));
    }

    static string? Colour(Coverage control) => control.Count("failed") > 0 ? "red" : control.Count("unknown") > 0 ? "yellow" : control.Count("passed") > 0 ? "green" : null;

    static IEnumerable<string> Counts(Coverage control) => Payload.Evaluations.Select(name => $"{control.Count(name)}");

    /// <summary>A page for auditors.</summary>
    internal static string Markdown(IReadOnlyList<Coverage> controls, string host, DateTimeOffset now) =>
        $"# Controls on {Printable.Clean(host, 255)}, {now:yyyy-MM-dd HH:mm:ss} UTC\n\nThe mapping of rules to controls is Ratchet's own; numbers and titles are the publishers'.\n\n" +
        $"| control | title | {string.Join(" | ", Payload.Evaluations)} | rules |\n|---|---|{string.Concat(Payload.Evaluations.Select(_ => "---|"))}---|\n" +
        string.Concat(controls.Select(control => $"| {control.Control} | {control.Title} | {string.Join(" | ", Counts(control))} | {string.Join("; ", control.Rules)} |\n")) +
        "\n## What no agent on a host can prove\n\n| control | title | what | proved by |\n|---|---|---|---|\n" +
        string.Concat(BeyondHosts.All.Select(one => $"| HIPAA {one.Paragraph} | {one.Title} | {one.What} | {one.ProvedBy} |\n"));

    internal static JsonObject ToJson(IReadOnlyList<Coverage> controls, string host, DateTimeOffset now) => new()
    {
        ["host"] = host,
        ["time"] = now.ToString("O", System.Globalization.CultureInfo.InvariantCulture),
        ["mapping"] = "Ratchet's own",
        ["controls"] = new JsonArray([.. controls.Select(control => new JsonObject
        {
            ["control"] = control.Control,
            ["title"] = control.Title,
            ["rules"] = new JsonArray([.. control.Rules.Select(rule => new JsonObject { ["id"] = rule.Rule, ["findings"] = new JsonObject(rule.Counts.Select(count => KeyValuePair.Create(count.Key, (JsonNode?)count.Value))) })]),
        })]),
        ["beyondHosts"] = new JsonArray([.. BeyondHosts.All.Select(one => new JsonObject { ["control"] = "HIPAA " + one.Paragraph, ["title"] = one.Title, ["what"] = one.What, ["provedBy"] = one.ProvedBy })]),
    };
}
