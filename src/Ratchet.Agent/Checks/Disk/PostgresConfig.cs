using System.Text.RegularExpressions;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// What a postgresql.conf says of one setting, all that it includes read in its place: <c>include</c>, <c>include_if_exists</c>
/// and <c>include_dir</c> (PostgreSQL, "File Locations" and "Setting Parameters"). The last assignment counts.
/// </summary>
sealed partial class PostgresConfig(Machine machine)
{
    // The server itself gives up at this depth (CONF_FILE_MAX_DEPTH in guc-file.l).
    const int DepthLimit = 10;

    // Each file may include the next one many times.
    const int FileLimit = 200;

    int files;

    /// <summary>What <c>data_directory</c> is set to, as it is written; null where it is not set.</summary>
    /// <exception cref="IOException">A file cannot be read or is not there, or the files include each other without end.</exception>
    public string? DataDirectory(string file)
    {
        files = 0;
        return Read(file, 1) is [_, ..] path ? path.TrimEnd('/') is [_, ..] directory ? directory : "/" : null;
    }

    string? Read(string file, int depth)
    {
        if (depth > DepthLimit || ++files > FileLimit) throw new IOException($"{file}: is included too deep or too often");
        var text = machine.ReadText(file) ?? throw new IOException($"{file}: is not there");
        string? last = null;
        foreach (Match line in Setting.Matches(text))
        {
            var value = Unquote(line.Groups["value"].Value);
            last = line.Groups["name"].Value.ToLowerInvariant() switch
            {
                "data_directory" => value,
                "include" => Read(Beside(file, value), depth + 1) ?? last,
                "include_if_exists" => machine.Status(Beside(file, value)) is null ? last : Read(Beside(file, value), depth + 1) ?? last,
                _ => ReadAll(Beside(file, value), depth + 1) ?? last,
            };
        }
        return last;
    }

    /// <summary>The files of a directory that end in .conf and are not hidden, in the order of their names.</summary>
    string? ReadAll(string directory, int depth) =>
        (machine.List(directory) ?? throw new IOException($"{directory}: is not there")).Where(name => name.EndsWith(".conf", StringComparison.Ordinal) && name[0] != '.')
        .Select(name => Read($"{directory}/{name}", depth)).LastOrDefault(value => value is not null);

    static string Beside(string file, string path) => path.StartsWith('/') ? path : $"{file[..file.LastIndexOf('/')]}/{path}";

    // In quotes '' and \' stand for one; a path is written without the other escapes.
    static string Unquote(string text) => text is ['\'', .., '\''] ? text[1..^1].Replace("''", "'", StringComparison.Ordinal).Replace(@"\'", "'", StringComparison.Ordinal) : text;

    [GeneratedRegex(@"^[ \t]*(?<name>data_directory|include|include_if_exists|include_dir)(?:[ \t]*=[ \t]*|[ \t]+|(?='))(?<value>'(?:[^'\\\n]|''|\\.)*'|[^\s'#][^\s#]*)", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    static partial Regex Setting { get; }
}
