using System.Collections;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Ratchet.Agent.Configuration;

/// <summary>
/// Settings from the environment: <c>RATCHET_INTERVAL=1m</c>, and below an object with two underscores:
/// <c>RATCHET_LOGSTASH__URLS='["https://…"]'</c>. A text or a duration is taken as it is, anything else is JSON.
/// </summary>
static class EnvironmentSettings
{
    const string Prefix = "RATCHET_";

    /// <summary>Each variable as an object with one value, in name order.</summary>
    /// <exception cref="SettingsException">No setting has that name.</exception>
    public static IEnumerable<(string Name, JsonObject Value)> Read(IDictionary environment)
    {
        var names = environment.Keys.Cast<string>().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        return names.Select(name => (name, Nest(name, (string)environment[name]!)));
    }

    static JsonObject Nest(string name, string text)
    {
        JsonTypeInfo? type = SettingsJson.Default.Settings;
        var path = new List<string>();
        foreach (var part in name[Prefix.Length..].Split("__"))
        {
            var property = type?.Properties.FirstOrDefault(p => p.Name.Equals(part, StringComparison.OrdinalIgnoreCase))
                ?? throw new SettingsException($"environment variable {name}", "$" + string.Concat(path.Select(p => "." + p)), $"no setting is called {part}");
            path.Add(property.Name);
            type = SettingsJson.Default.GetTypeInfo(property.PropertyType);
        }
        var value = Value(name, "$." + string.Join('.', path), text, type!.Type);
        path.Reverse();
        foreach (var part in path) value = new JsonObject { [part] = value };
        return (JsonObject)value!;
    }

    static JsonNode? Value(string name, string place, string text, Type type)
    {
        if (type == typeof(string) || type == typeof(TimeSpan)) return text;
        try
        {
            return JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new SettingsException($"environment variable {name}", place, $"expected JSON: {e.Message}");
        }
    }
}
