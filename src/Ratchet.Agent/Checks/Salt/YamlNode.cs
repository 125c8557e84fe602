using System.Globalization;

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

    /// <summary>What a loop of Python's gives: items, keys, the letters of a text (each once); nothing of a number, a truth or nothing.</summary>
    public IEnumerable<YamlNode> Elements =>
        Items ?? Entries?.Keys.Select(key => Scalar(key, isPlain: false))
        ?? (IsEmpty || Truth is not null || (IsPlain && double.TryParse(Text, CultureInfo.InvariantCulture, out _)) ? [] : Text!.Distinct().Select(letter => Scalar(letter.ToString(), isPlain: false)));

    /// <summary>
    /// Maps, first to last, merged as Salt's dictupdate merges the files of one include: maps key by key, lists one behind the other, of
    /// anything else the last one. An item that stands in two lists stands in the merged list twice, in Salt's once.
    /// </summary>
    public static Dictionary<string, YamlNode> Merged(IEnumerable<IReadOnlyDictionary<string, YamlNode>> maps)
    {
        var values = new Dictionary<string, List<YamlNode>>();
        foreach (var (key, value) in maps.SelectMany(map => map))
        {
            if (!values.TryGetValue(key, out var list)) values[key] = list = [];
            list.Add(value);
        }
        return values.ToDictionary(entry => entry.Key, entry => Merged(entry.Value));
    }

    static YamlNode Merged(List<YamlNode> values)
    {
        var last = values[^1];
        if (values.Count == 1 || (last.Items is null && last.Entries is null)) return last;
        // A value of another kind replaces what stands before it.
        var same = values.Skip(1 + values.FindLastIndex(value => value.Items is null != last.Items is null || value.Entries is null != last.Entries is null));
        return last.Items is null ? Map(Merged(same.Select(value => value.Entries!))) : List([.. same.SelectMany(value => value.Items!)]);
    }
}
