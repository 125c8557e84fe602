using System.Text.Json;
using System.Text.RegularExpressions;
using Ratchet.Agent.Records;

namespace Ratchet.Agent.Checks.Aws;

/// <summary>What an instance identity document says of the instance, as far as it is used; each value has the form that AWS gives it.</summary>
static partial class IdentityDocument
{
    /// <exception cref="FormatException">It is not such a document.</exception>
    public static CloudPlace Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            return new CloudPlace(
                Text(root, "accountId", Account) ?? throw Missing("accountId"), Text(root, "region", Region) ?? throw Missing("region"),
                Text(root, "availabilityZone", Zone), Text(root, "instanceId", Instance) ?? throw Missing("instanceId"), Text(root, "instanceType", Type));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException("the instance identity document is not the JSON that it should be", e);
        }
    }

    public static bool IsInstanceId(string text) => Instance.IsMatch(text);

    public static bool IsRegion(string text) => Region.IsMatch(text);

    public static bool IsAccount(string text) => Account.IsMatch(text);

    static string? Text(JsonElement root, string name, Regex form)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        return value.GetString() is { } text && form.IsMatch(text) ? text : throw new FormatException($"the instance identity document has no valid {name}");
    }

    static FormatException Missing(string name) => new($"the instance identity document has no {name}");

    [GeneratedRegex("^[0-9]{12}\\z", RegexOptions.None, 1000)]
    static partial Regex Account { get; }

    // It becomes part of a host name.
    [GeneratedRegex("^[a-z]{2,8}(-[a-z]{1,16}){1,3}-[0-9]{1,2}\\z", RegexOptions.ExplicitCapture, 1000)]
    static partial Regex Region { get; }

    [GeneratedRegex("^[a-z0-9-]{4,48}\\z", RegexOptions.None, 1000)]
    static partial Regex Zone { get; }

    [GeneratedRegex("^i-([0-9a-f]{8}|[0-9a-f]{17})\\z", RegexOptions.ExplicitCapture, 1000)]
    static partial Regex Instance { get; }

    [GeneratedRegex("^[a-z0-9.-]{3,40}\\z", RegexOptions.None, 1000)]
    static partial Regex Type { get; }
}
