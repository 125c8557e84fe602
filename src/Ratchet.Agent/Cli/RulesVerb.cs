using System.CommandLine;
using System.Text.Json.Nodes;
using Ratchet.Agent.Checks;

namespace Ratchet.Agent.Cli;

/// <summary><c>rules</c> and <c>explain</c>: the catalogue, and one rule in full.</summary>
static class RulesVerb
{
    public static Verb BuildRules(Setup setup)
    {
        var format = new Option<string>("--format") { Description = "table, json or markdown", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "json", "markdown");
        var verb = new Verb("rules", "list every rule") { format };
        verb.SetAction(arguments =>
        {
            switch (arguments.GetValue(format))
            {
                case "json": Output.Json(new JsonArray([.. setup.Rules.Select(ToJson)])); break;
                case "markdown": Console.Write(Markdown(setup.Rules)); break;
                default:
                    Output.Table(["RULE", "SEVERITY", "GOOD STATE"], setup.Rules.Select(rule => ((string?)null, new[] { rule.Id, Name(rule.Severity), rule.Title })));
                    break;
            }
            return Exit.Good;
        });
        return verb;
    }

    public static Verb BuildExplain(Setup setup)
    {
        var id = new Argument<string>("RULE") { Description = "a rule's id, for instance sshd.root-login" };
        var verb = new Verb("explain", "one rule: why, remedy and controls") { id };
        verb.SetAction(arguments =>
        {
            if (setup.Rules.FirstOrDefault(rule => rule.Id == arguments.GetValue(id)) is { } rule)
            {
                Console.Write(Explain(rule));
                return Exit.Good;
            }
            Console.Error.WriteLine($"ratchet-agent: there is no rule {arguments.GetValue(id)}; see ratchet-agent rules");
            return Exit.Bad;
        });
        return verb;
    }

    /// <summary>The table of docs/rules.md.</summary>
    public static string Markdown(IEnumerable<Rule> rules) =>
        "| rule | good state | severity | HIPAA (45 CFR) | HITRUST CSF |\n|---|---|---|---|---|\n" +
        string.Concat(rules.Select(rule => $"| `{rule.Id}` | {rule.Title} | {Name(rule.Severity)} | {string.Join(", ", rule.Controls.Hipaa)} | {string.Join(", ", rule.Controls.Hitrust)} |\n"));

    static string Explain(Rule rule) =>
        $"""
        {rule.Id} ({Name(rule.Severity)})
        {rule.Title}.

        Why:    {rule.Why}
        Remedy: {rule.Remedy}

        Controls (mapped by Ratchet):
        {string.Concat(rule.Controls.Hipaa.Select(p => $"  HIPAA {p} {Controls.HipaaTitles[p]}\n"))}{string.Concat(rule.Controls.Hitrust.Select(r => $"  HITRUST {r} {Controls.HitrustTitles[r]}\n"))}
        """;

    static JsonObject ToJson(Rule rule) => new()
    {
        ["id"] = rule.Id,
        ["title"] = rule.Title,
        ["severity"] = Name(rule.Severity),
        ["why"] = rule.Why,
        ["remedy"] = rule.Remedy,
        ["hipaa"] = new JsonArray([.. rule.Controls.Hipaa.Select(p => (JsonNode)p)]),
        ["hitrust"] = new JsonArray([.. rule.Controls.Hitrust.Select(r => (JsonNode)r)]),
    };

    static string Name(Severity severity) => severity.ToString().ToLowerInvariant();
}
