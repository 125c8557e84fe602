using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Hosts;

namespace Ratchet.Agent.Tests.Configuration;

/// <summary>
/// The settings as a JSON Schema. The Salt formula judges pillar by it before anything is done, so that it knows each setting
/// of the agent, its type and what it must hold; one that it does not know would be lost to every host.
/// </summary>
public sealed class SettingsSchemaTests
{
    [Fact]
    public void The_schema_of_the_formula_is_that_of_the_settings()
    {
        var schema = SettingsJson.Default.Settings.GetJsonSchemaAsNode(new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Described });
        schema["properties"]!["roles"]!["items"]!["enum"] = new JsonArray([.. RolePolicies.ByRole.Keys.Order().Select(role => JsonValue.Create(role))]);
        Repository.AssertGolden(Path.Combine(Repository.Root, "salt/ratchet-agent/schema/settings.json"), Whole(schema, schema)!.ToJsonString(Readable) + "\n");
    }

    static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, IndentSize = 1, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What the converters read cannot be seen from their types.</summary>
    static JsonNode Described(JsonSchemaExporterContext context, JsonNode schema) => (Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type) switch
    {
        var type when type == typeof(TimeSpan) => Text("duration"),
        var type when type == typeof(DateOnly) => Text("date"),
        var type when type == typeof(DateTimeOffset) => Text("date-time"),
        var type when type == typeof(PortRange) => new JsonObject { ["format"] = "ports" },
        _ => Bare(schema),
    };

    /// <summary>With what a $ref points to in its place, so that parts of it stand by themselves.</summary>
    static JsonNode? Whole(JsonNode? node, JsonNode root) => node switch
    {
        JsonObject members when members["$ref"] is { } reference => Whole(reference.GetValue<string>().Split('/').Skip(1).Aggregate(root, (found, name) => found[name]!), root),
        JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, Whole(member.Value, root)))),
        JsonArray items => new JsonArray([.. items.Select(item => Whole(item, root))]),
        _ => node?.DeepClone(),
    };

    static JsonObject Text(string format) => new() { ["type"] = "string", ["format"] = format };

    static JsonNode Bare(JsonNode schema)
    {
        // Null and what the agent takes by itself are what pillar leaves out; a number is no text.
        if (schema is not JsonObject members) return schema;
        members.Remove("default");
        if (members["type"] is JsonArray types) members["type"] = types.Select(type => type!.GetValue<string>()).First(type => type != "null");
        if (members["enum"] is JsonArray values) members["enum"] = new JsonArray([.. values.Where(value => value is not null).Select(value => value!.DeepClone())]);
        return members;
    }
}
