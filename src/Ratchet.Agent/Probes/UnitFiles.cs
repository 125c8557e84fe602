namespace Ratchet.Agent.Probes;

/// <summary>One assignment of a unit file. An empty value resets a list.</summary>
sealed record UnitSetting(string Section, string Key, string Value, string File, int Line);

/// <summary>Unit files with their drop-ins, in systemd's order (systemd.unit(5)).</summary>
sealed class UnitFiles(Machine machine)
{
    // The first directory that has a file wins over the same name in the later ones.
    static readonly string[] Directories =
    [
        "/etc/systemd/system", "/run/systemd/system", "/run/systemd/generator", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
    ];

    /// <summary>The assignments of a unit and then of its drop-ins, or null where there is no such unit.</summary>
    public IReadOnlyList<UnitSetting>? Read(string unit)
    {
        var file = Directories.Select(directory => $"{directory}/{unit}").FirstOrDefault(path => machine.Status(path) is { Kind: FileKind.Regular });
        if (file is null) return null;
        var dropIns = Directories.SelectMany(directory => machine.Glob($"{directory}/{unit}.d/*.conf"))
            .DistinctBy(path => Path.GetFileName(path)).OrderBy(path => Path.GetFileName(path), StringComparer.Ordinal);
        // A drop-in that links to /dev/null is masked.
        return [.. dropIns.Where(path => machine.Status(path) is { Kind: FileKind.Regular }).Prepend(file).SelectMany(path => Parse(machine.ReadText(path) ?? "", path))];
    }

    /// <summary>The values of a list, those before an empty assignment forgotten.</summary>
    public static IReadOnlyList<string> Values(IEnumerable<UnitSetting> settings, string section, string key)
    {
        var values = new List<string>();
        foreach (var setting in settings)
            if (setting.Section == section && setting.Key == key)
            {
                if (setting.Value.Length == 0) values.Clear();
                else values.Add(setting.Value);
            }
        return values;
    }

    internal static IEnumerable<UnitSetting> Parse(string text, string file)
    {
        var (section, pending, number, first) = ("", "", 0, 0);
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Trim();
            // A comment does not end a continued line.
            if (line.StartsWith('#') || line.StartsWith(';')) continue;
            if (pending.Length == 0) first = number;
            if (line.EndsWith('\\'))
            {
                pending += line[..^1] + " ";
                continue;
            }
            (line, pending) = (pending + line, "");
            if (line.StartsWith('[') && line.EndsWith(']')) section = line[1..^1];
            else if (line.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
                yield return new UnitSetting(section, line[..equals].TrimEnd(), line[(equals + 1)..].TrimStart(), file, first);
        }
    }
}
