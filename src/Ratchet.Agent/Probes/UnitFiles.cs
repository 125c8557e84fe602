using System.Text;

namespace Ratchet.Agent.Probes;

/// <summary>One assignment of a unit file, with where it stands.</summary>
/// <param name="Section">Without brackets: <c>Socket</c>.</param>
/// <param name="Value">As written, continuation lines joined by a space; empty resets a list, which is left to the reader.</param>
/// <param name="Line">Where it begins, from 1.</param>
readonly record struct UnitSetting(string Section, string Key, string Value, string File, int Line);

/// <summary>
/// The unit files of systemd as systemd reads them (systemd.unit(5)): the first directory that has the name wins, then its
/// drop-ins in the order of their names. A unit that is a link to <c>/dev/null</c> is masked and says nothing.
/// </summary>
sealed class UnitFiles(Machine machine)
{
    // The order of systemd.unit(5) for the system manager.
    static readonly string[] Directories =
    [
        "/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient", "/run/systemd/generator.early",
        "/etc/systemd/system", "/run/systemd/system", "/run/systemd/generator", "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system", "/lib/systemd/system", "/run/systemd/generator.late",
    ];

    const int UnitLimit = 1 << 20;

    /// <summary>The names of all units with this ending, for instance <c>.socket</c>, sorted; templates are among them.</summary>
    public IReadOnlyList<string> Names(string ending) =>
        [.. Directories.SelectMany(directory => machine.List(directory) ?? []).Where(name => name.EndsWith(ending, StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The assignments in the order in which they take effect; null where there is no such unit or it is masked.</summary>
    /// <exception cref="IOException">A file of it cannot be read.</exception>
    public IReadOnlyList<UnitSetting>? Read(string unit)
    {
        // unit@instance.service is read from unit@.service where it has no file of its own.
        var template = Template(unit);
        var file = Find(unit) ?? (template is null ? null : Find(template));
        if (file is null || machine.ReadLink(file) == "/dev/null") return null;
        var settings = new List<UnitSetting>();
        Parse(machine.ReadText(file, UnitLimit) ?? "", file, settings);
        foreach (var dropIn in DropIns(unit, template)) Parse(machine.ReadText(dropIn, UnitLimit) ?? "", dropIn, settings);
        return settings;
    }

    /// <summary>The values of a list in a unit's settings, those before an empty assignment forgotten.</summary>
    public static IReadOnlyList<string> Values(IEnumerable<UnitSetting> settings, string section, string key)
    {
        var values = new List<string>();
        foreach (var setting in settings.Where(setting => setting.Section == section && setting.Key == key))
        {
            if (setting.Value.Length == 0) values.Clear();
            else values.Add(setting.Value);
        }
        return values;
    }

    string? Find(string name) =>
        Directories.Select(directory => $"{directory}/{name}").FirstOrDefault(path => machine.Status(path, follow: false) is not null);

    /// <summary>Of drop-ins with the same name the first directory's counts; a link to <c>/dev/null</c> takes one away.</summary>
    IEnumerable<string> DropIns(string unit, string? template)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var owner in new[] { unit, template }.Concat(Prefixes(unit)).OfType<string>())
            foreach (var directory in Directories)
                foreach (var name in machine.List($"{directory}/{owner}.d") ?? [])
                    if (name.EndsWith(".conf", StringComparison.Ordinal)) found.TryAdd(name, $"{directory}/{owner}.d/{name}");
        return found.Values.Where(path => machine.ReadLink(path) != "/dev/null");
    }

    /// <summary><c>a-.socket</c> and <c>socket</c> lend their drop-ins to <c>a-b.socket</c>.</summary>
    static IEnumerable<string> Prefixes(string unit)
    {
        var dot = unit.LastIndexOf('.');
        for (var dash = unit.LastIndexOf('-', dot - 1); dash > 0; dash = unit.LastIndexOf('-', dash - 1))
            yield return string.Concat(unit.AsSpan(0, dash + 1), unit.AsSpan(dot));
        yield return unit[(dot + 1)..];
    }

    static string? Template(string unit)
    {
        var (at, dot) = (unit.IndexOf('@', StringComparison.Ordinal), unit.LastIndexOf('.'));
        return at > 0 && dot > at + 1 ? string.Concat(unit.AsSpan(0, at + 1), unit.AsSpan(dot)) : null;
    }

    /// <summary>systemd.syntax(7): sections, KEY=VALUE, a backslash at the end goes on in the next line, comments by # or ;.</summary>
    internal static void Parse(string text, string file, List<UnitSetting> settings)
    {
        var (section, started, number) = ("", 0, 0);
        var pending = new StringBuilder();
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line is ['#' or ';', ..]) continue;
            if (pending.Length == 0) started = number;
            if (line.EndsWith('\\'))
            {
                pending.Append(line, 0, line.Length - 1).Append(' ');
                continue;
            }
            var whole = pending.Append(line).ToString();
            pending.Clear();
            if (whole is ['[', .., ']']) section = whole[1..^1];
            else if (whole.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
                settings.Add(new UnitSetting(section, whole[..equals].Trim(), whole[(equals + 1)..].Trim(), file, started));
        }
    }
}
