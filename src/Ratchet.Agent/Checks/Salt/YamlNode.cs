namespace Ratchet.Agent.Checks.Salt;

/// <summary>A value of a YAML file: a scalar, a list or a map.</summary>
/// <param name="Text">Of a scalar; null for lists, maps and nothing.</param>
/// <param name="IsPlain">Written without quotes: <c>true</c> is a truth, <c>"true"</c> a text.</param>
sealed record YamlNode(string? Text, bool IsPlain, IReadOnlyList<YamlNode>? Items, IReadOnlyDictionary<string, YamlNode>? Entries)
{
    public static readonly YamlNode Nothing = new(null, true, null, null);

    public static YamlNode Scalar(string text, bool isPlain) => new(text, isPlain, null, null);

    public static YamlNode List(IReadOnlyList<YamlNode> items) => new(null, true, items, null);

    public static YamlNode Map(IReadOnlyDictionary<string, YamlNode> entries) => new(null, true, null, entries);

    /// <summary>YAML 1.1's truths, as PyYAML takes them; null for anything else.</summary>
    public bool? Truth => IsPlain ? Text switch
    {
        "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => true,
        "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => false,
        _ => null,
    } : null;

    /// <summary>Null, an empty text, list or map, false, 0: what Python takes for false.</summary>
    public bool IsEmpty => Items is { } items ? items.Count == 0 : Entries is { } entries ? entries.Count == 0 : Text is null or "" || Truth == false || (IsPlain && Text is "~" or "null" or "Null" or "NULL" or "0");
}
