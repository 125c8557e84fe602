using System.Collections;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ratchet.Agent.Configuration;

/// <summary>
/// Reads the configuration: agent.json, then conf.d/*.json beside it in name order, then <c>RATCHET_…</c> variables. Objects
/// merge, lists append, of anything else the later wins. Comments and trailing commas are allowed; an unknown key, a wrong
/// type or an impossible value is refused with file, path and reason.
/// </summary>
sealed class SettingsFile
{
    public const string DefaultPath = "/etc/ratchet-agent/agent.json";

    static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false };

    readonly JsonObject merged = [];
    readonly Dictionary<string, string> origins = [];

    SettingsFile(string path) => Path = path;

    public string Path { get; }

    public Settings Settings { get; private set; } = new();

    /// <summary>The values that were set, by JSON path, and the file or variable that set each.</summary>
    public IReadOnlyDictionary<string, string> Origins => origins;

    /// <param name="path">agent.json; null: the default path, where a missing file means an empty configuration.</param>
    /// <param name="environment">The environment's variables.</param>
    /// <exception cref="SettingsException">The configuration must not be used.</exception>
    public static SettingsFile Load(string? path, IDictionary environment)
    {
        var file = new SettingsFile(path ?? DefaultPath);
        try
        {
            foreach (var part in Parts(path)) file.Merge(file.merged, ReadObject(part), "$", part);
            foreach (var (name, value) in EnvironmentSettings.Read(environment)) file.Merge(file.merged, value, "$", name);
            file.Settings = file.Bind();
            return file;
        }
        catch (InvalidOperationException e)
        {
            // The JSON reader finds it only where the text is used.
            throw new SettingsException(file.Path, "$", $"a text in it, in conf.d or in the environment is no text: {e.Message}");
        }
    }

    static IEnumerable<string> Parts(string? path)
    {
        var main = path ?? DefaultPath;
        if (path is not null || IsThere(main)) yield return main;
        var directory = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(main))!, "conf.d");
        foreach (var part in ListJson(directory)) yield return part;
    }

    static bool IsThere(string path)
    {
        try
        {
            _ = File.GetAttributes(path);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new SettingsException(path, "$", e.Message);
        }
    }

    static string[] ListJson(string directory)
    {
        try
        {
            var files = Directory.GetFiles(directory, "*.json");
            Array.Sort(files, StringComparer.Ordinal);
            return files;
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new SettingsException(directory, "$", e.Message);
        }
    }

    static JsonObject ReadObject(string file)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(file), documentOptions: Lenient) as JsonObject
                ?? throw new SettingsException(file, "$", "expected an object: { … }");
        }
        catch (JsonException e)
        {
            throw new SettingsException(file, e.LineNumber is { } line ? $"line {line + 1}" : "$", e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException(file, "$", e.Message);
        }
    }

    void Merge(JsonObject into, JsonObject from, string place, string origin)
    {
        foreach (var (name, value) in from)
        {
            var path = $"{place}.{name}";
            if (value is JsonObject child && (into[name] ??= new JsonObject()) is JsonObject target) Merge(target, child, path, origin);
            else if (value is JsonArray items && (into[name] ??= new JsonArray()) is JsonArray list) Append(list, items, path, origin);
            else
            {
                into[name] = value?.DeepClone();
                origins[path] = origin;
            }
            origins.TryAdd(path, origin);
        }
    }

    void Append(JsonArray list, JsonArray items, string place, string origin)
    {
        foreach (var item in items)
        {
            // The serializer lets null into lists whose items may not be null.
            if (item is null) throw new SettingsException(origin, $"{place}[{list.Count}]", "expected a value, found null");
            origins[$"{place}[{list.Count}]"] = origin;
            list.Add(item.DeepClone());
        }
    }

    Settings Bind()
    {
        try
        {
            var settings = merged.Deserialize(SettingsJson.Default.Settings)!;
            foreach (var (place, reason) in SettingsRules.Broken(settings)) throw new SettingsException(OriginOf(place), place, reason);
            return settings;
        }
        catch (JsonException e)
        {
            var place = e.Path ?? "$";
            throw new SettingsException(OriginOf(place), place, Plain(e.Message));
        }
    }

    /// <summary>The origin of the nearest value at or above a place.</summary>
    string OriginOf(string place)
    {
        for (var at = place; at.Length > 1; at = at[..Math.Max(at.LastIndexOfAny(['.', '[']), 1)])
            if (origins.TryGetValue(at, out var origin)) return origin;
        return Path;
    }

    /// <summary>The serializer's message in the words of the file's author.</summary>
    static string Plain(string message)
    {
        if (message.Contains("could not be mapped", StringComparison.Ordinal)) return "unknown key";
        if (message.Contains("was missing required properties", StringComparison.Ordinal)) return "missing: " + message[(message.LastIndexOf(':') + 1)..].Trim().TrimEnd('.');
        if (message.Contains("could not be converted", StringComparison.Ordinal)) return "wrong type of value";
        var end = message.IndexOf(" Path: $", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
