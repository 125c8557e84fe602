using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Salt;

/// <summary>
/// The settings of a minion or a master as Salt puts them together: the main file, then what <c>default_include</c> names
/// (<c>minion.d/*.conf</c>), then <c>include</c>. The files of one of these are merged (salt/config's include_config); what comes of it
/// replaces the settings before it.
/// </summary>
sealed class SaltConfig
{
    const int Limit = 1 << 20, FileLimit = 200;

    readonly Dictionary<string, YamlNode> settings;
    readonly List<string> files = [];

    SaltConfig(Machine machine, string path)
    {
        files.Add(path);
        settings = new Dictionary<string, YamlNode>(machine.ReadText(path, Limit) is { } text ? Yaml.Parse(text, path).Entries! : []);
        // The main file alone says what is included.
        string[][] sets = [settings.ContainsKey("default_include") ? Names("default_include") : [Path.GetFileName(path) + ".d/*.conf"], Names("include")];
        foreach (var patterns in sets) Overlay(settings, Included(machine, path, patterns, 0));

        string[] Names(string name) => Patterns(settings.GetValueOrDefault(name));
    }

    /// <summary>The files that were read, or looked for, but for what the minion itself keeps there.</summary>
    public IReadOnlyList<string> Files => files;

    /// <exception cref="FormatException">A file has what this agent does not read.</exception>
    public static SaltConfig Read(Machine machine, string path) => new(machine, path);

    public YamlNode? this[string name] => settings.GetValueOrDefault(name);

    /// <summary>A setting's text; null where it is not set.</summary>
    public string? Text(string name) => this[name] is { Text: { } text } ? text : null;

    /// <summary>Python's truth of a setting; false where it is not set.</summary>
    public bool IsOn(string name) => this[name] is { IsEmpty: false };

    /// <summary>What Salt finds in a setting when it walks over it: the items of a list, but the letters of a text.</summary>
    public IReadOnlyList<string> List(string name) => this[name] is { } node ? [.. node.Elements.Select(element => element.Text ?? "")] : [];

    /// <summary>A path setting; relative ones are below <c>root_dir</c>, which is <c>/</c> unless set.</summary>
    public string PathOf(string name, string byDefault)
    {
        var path = Text(name) ?? byDefault;
        var root = Text("root_dir") is { } other && other != "/" ? other.TrimEnd('/') : "";
        return path.StartsWith(root + "/", StringComparison.Ordinal) ? path : $"{root}/{path.TrimStart('/')}";
    }

    /// <summary>What the files say together that the patterns of one setting name.</summary>
    Dictionary<string, YamlNode> Included(Machine machine, string from, IEnumerable<string> patterns, int depth)
    {
        if (depth > 10) throw new FormatException($"{from}: files that include one another");
        var read = new List<Dictionary<string, YamlNode>>();
        foreach (var pattern in patterns)
        {
            if (pattern.StartsWith('~')) throw new FormatException($"{from}: include: {Printable.Clean(pattern, 128)} is below a home directory, which is not followed");
            foreach (var file in machine.Glob(pattern.StartsWith('/') ? pattern : $"{Path.GetDirectoryName(from)}/{pattern}").Order(StringComparer.Ordinal))
            {
                if (files.Count > FileLimit) throw new FormatException($"{from}: more included files than are read");
                var entries = new Dictionary<string, YamlNode>(Yaml.Parse(machine.ReadText(file, Limit) ?? "", file).Entries!);
                if (!IsOwn(file, entries)) files.Add(file);
                Overlay(entries, Included(machine, file, Patterns(entries.GetValueOrDefault("include")), depth + 1));
                read.Add(entries);
            }
        }
        return YamlNode.Merged(read);
    }

    static void Overlay(Dictionary<string, YamlNode> below, Dictionary<string, YamlNode> above)
    {
        foreach (var (key, value) in above) below[key] = value;
    }

    /// <summary>Written by a running minion, which has in force what it says: the schedule after each start, beacons when they are saved.</summary>
    static bool IsOwn(string file, IReadOnlyDictionary<string, YamlNode> entries) =>
        Path.GetFileName(file) switch { "_schedule.conf" => "schedule", "beacons.conf" => "beacons", _ => null } is { } name && entries.Keys.All(key => key == name);

    static string[] Patterns(YamlNode? node) => node is null || node.IsEmpty ? [] : [.. Names(node)];

    static IEnumerable<string> Names(YamlNode node) => node.Items is { } items ? items.Select(item => item.Text ?? "") : node.Entries is { } entries ? entries.Keys : node.Text is { } text ? [text] : [];
}
