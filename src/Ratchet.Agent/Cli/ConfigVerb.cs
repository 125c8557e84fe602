using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Cli;

/// <summary>
/// <c>config</c>: the configuration in force, and where each value came from. It holds no secrets: keys are named by their
/// files, and addresses with a password are refused.
/// </summary>
static class ConfigVerb
{
    public static Verb Build(Setup setup)
    {
        var format = new Option<string>("--format") { Description = "table or json", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "json");
        var verb = new Verb("config", "the configuration in force, and where each value came from") { format };
        verb.SetAction((arguments, _) => Setup.GuardAsync(() =>
        {
            var file = setup.Load(arguments);
            var document = JsonSerializer.SerializeToNode(file.Settings, SettingsJson.Default.Settings)!;
            if (arguments.GetValue(format) == "json") Output.Json(document);
            else Output.Table(["SETTING", "FROM", "VALUE"], Leaves(document, "$").Select(leaf => ((string?)null, new[] { leaf.Path, OriginOf(file, leaf.Path), leaf.Value })));
            return Task.FromResult(Exit.Good);
        }));
        return verb;
    }

    static IEnumerable<(string Path, string Value)> Leaves(JsonNode? node, string path) => node switch
    {
        JsonObject { Count: > 0 } fields => fields.SelectMany(field => Leaves(field.Value, $"{path}.{field.Key}")),
        JsonArray { Count: > 0 } items => items.SelectMany((item, i) => Leaves(item, $"{path}[{i}]")),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => [(path, value.GetValue<string>())],
        JsonValue value => [(path, value.ToString())],
        _ => [(path, "")],
    };

    /// <summary>The origin of the value itself, or of the nearest object or list that was set as a whole.</summary>
    static string OriginOf(SettingsFile file, string path)
    {
        for (var at = path; at.Length > 1; at = at[..Math.Max(at.LastIndexOfAny(['.', '[']), 1)])
            if (file.Origins.TryGetValue(at, out var origin) && (at == path || at.EndsWith(']'))) return origin;
        return "default";
    }
}
