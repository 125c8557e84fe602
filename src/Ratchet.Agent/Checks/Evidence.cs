using System.Collections;
using System.Text.Json.Nodes;

namespace Ratchet.Agent.Checks;

/// <summary>
/// What a check saw: a small JSON object. Texts are cut and made printable on the way in, because paths and process
/// names are written by whoever runs the process.
/// </summary>
sealed class Evidence : IEnumerable<KeyValuePair<string, JsonNode?>>
{
    const int TextLimit = 1024;
    const int ListLimit = 50;

    readonly JsonObject values = [];

    /// <summary>A copy that the caller may put into a document of its own.</summary>
    public JsonObject ToJson() => (JsonObject)values.DeepClone();

    public bool IsEmpty => values.Count == 0;

    /// <summary>Adds a text; null adds nothing, so that absent facts are absent.</summary>
    public void Add(string name, string? value)
    {
        if (value is not null) values[name] = Text(value);
    }

    public void Add(string name, long? value)
    {
        if (value is { } number) values[name] = JsonValue.Create(number);
    }

    public void Add(string name, bool? value)
    {
        if (value is { } flag) values[name] = JsonValue.Create(flag);
    }

    public void Add(string name, DateTimeOffset? value)
    {
        if (value is { } time) values[name] = JsonValue.Create(time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ"));
    }

    public void Add(string name, Evidence? value)
    {
        if (value is not null) values[name] = value.ToJson();
    }

    public void Add(string name, IEnumerable<string>? items) => AddList(name, items?.Select(JsonNode? (item) => Text(item)));

    public void Add(string name, IEnumerable<Evidence>? items) => AddList(name, items?.Select(JsonNode? (item) => item.ToJson()));

    public IEnumerator<KeyValuePair<string, JsonNode?>> GetEnumerator() => values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>A list longer than the limit is cut, and <c>NAME_total</c> says how long it was.</summary>
    void AddList(string name, IEnumerable<JsonNode?>? items)
    {
        if (items is null) return;
        var all = items.ToArray();
        values[name] = new JsonArray(all.Take(ListLimit).ToArray());
        if (all.Length > ListLimit) values[name + "_total"] = JsonValue.Create(all.Length);
    }

    static JsonValue Text(string value) => JsonValue.Create(Printable.Clean(value, TextLimit));
}
