using System.Text.RegularExpressions;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>
/// postgresql.conf with all that it includes, and over it the data directory's postgresql.auto.conf: what a start would take.
/// The last assignment of a name counts.
/// </summary>
sealed partial class PostgresConfig
{
    const int DepthLimit = 10;
    const int FileLimit = 200;

    readonly Dictionary<string, string> values = [];
    readonly List<string> files = [];

    /// <summary>Every file that was read, and those that are included where they exist.</summary>
    public IReadOnlyList<string> Files => files;

    public string? Value(string name) => values.GetValueOrDefault(name);

    /// <summary>A configuration in /etc/postgresql, as far as whoever laid it there may read it.</summary>
    /// <inheritdoc cref="Read(Machine, string, string?)"/>
    public static PostgresConfig Configured(Machine machine, string file) => Read(ClusterAccount.Reading(machine, ClusterAccount.OfConfiguration(machine, file)), file);

    /// <param name="machine">Reading as the account of the cluster, which names the files.</param>
    /// <param name="data">The data directory, for postgresql.auto.conf; null: without it.</param>
    /// <exception cref="IOException">A file that must be there is missing or unreadable.</exception>
    /// <exception cref="FormatException">A line that the server would refuse; names file and line.</exception>
    public static PostgresConfig Read(Machine machine, string file, string? data = null)
    {
        var config = new PostgresConfig();
        config.Include(machine, file, optional: false, depth: 0);
        if (data is not null) config.Include(machine, $"{data}/postgresql.auto.conf", optional: true, depth: 0);
        return config;
    }

    void Include(Machine machine, string file, bool optional, int depth)
    {
        if (depth > DepthLimit || files.Count >= FileLimit) throw new FormatException($"{file}: too many files include one another");
        files.Add(file);
        if (machine.ReadText(file) is { } text) Parse(machine, text, file, depth);
        else if (!optional) throw new IOException($"{file} is missing");
    }

    void Parse(Machine machine, string text, string file, int depth)
    {
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#') continue;
            if (Assignment.Match(line) is not { Success: true } match) throw new FormatException($"{file}:{number}: is no setting");
            var value = match.Groups["quoted"].Success ? Escape.Replace(match.Groups["quoted"].Value, "${one}") : match.Groups["bare"].Value;
            var name = match.Groups["name"].Value.ToLowerInvariant();
            if (name is "include" or "include_if_exists") Include(machine, Beside(file, value), optional: name != "include", depth + 1);
            else if (name == "include_dir") IncludeDirectory(machine, Beside(file, value), depth + 1);
            else values[name] = value;
        }
    }

    /// <summary>Files that end in .conf and do not begin with a dot, in the order of the C locale.</summary>
    void IncludeDirectory(Machine machine, string directory, int depth)
    {
        foreach (var name in machine.List(directory) ?? throw new IOException($"{directory} is missing"))
            if (name.EndsWith(".conf", StringComparison.Ordinal) && name[0] != '.') Include(machine, $"{directory}/{name}", optional: false, depth);
    }

    /// <summary>A relative path counts from the file that names it.</summary>
    static string Beside(string file, string path) => path.StartsWith('/') ? path : $"{Path.GetDirectoryName(file)}/{path}";

    /// <summary>As the server reads a boolean: any beginning of true, false, yes, no that is not ambiguous, on, off, 1, 0.</summary>
    public static bool? Boolean(string? text) => text?.ToLowerInvariant() switch
    {
        "on" or "1" or "t" or "tr" or "tru" or "true" or "y" or "ye" or "yes" => true,
        "of" or "off" or "0" or "f" or "fa" or "fal" or "fals" or "false" or "n" or "no" => false,
        _ => null,
    };

    [GeneratedRegex(@"^(?<name>[A-Za-z_][A-Za-z0-9_$.]*)(?:[ \t]*=[ \t]*|[ \t]+|(?='))(?:'(?<quoted>(?:[^'\\]|\\.|'')*)'|(?<bare>[^\s#'=]+))[ \t]*(?:#.*)?$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    static partial Regex Assignment { get; }

    [GeneratedRegex(@"\\(?<one>.)|'(?<one>')", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    static partial Regex Escape { get; }
}
