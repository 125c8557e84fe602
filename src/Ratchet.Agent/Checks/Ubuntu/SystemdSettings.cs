using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>
/// The settings of one of systemd's daemons as it reads them (journald.conf(5)): one main file, that of the first directory, then the
/// drop-ins of all in the order of their names; of those with the same name the first directory's counts, and a link to
/// <c>/dev/null</c> takes one away.
/// </summary>
static class SystemdSettings
{
    static readonly string[] Directories = ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd"];

    /// <param name="name">Of the main file: <c>journald.conf</c>.</param>
    /// <returns>In the order in which they take effect.</returns>
    public static (IReadOnlyList<UnitSetting> Settings, IReadOnlyList<string> Files) Read(Machine machine, string name)
    {
        var settings = new List<UnitSetting>();
        var files = new List<string>();
        if (Directories.Select(directory => $"{directory}/{name}").FirstOrDefault(path => machine.Status(path) is not null) is { } main) files.Add(main);
        var dropIns = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var directory in Directories)
            foreach (var dropIn in machine.List($"{directory}/{name}.d") ?? [])
                if (dropIn.EndsWith(".conf", StringComparison.Ordinal)) dropIns.TryAdd(dropIn, $"{directory}/{name}.d/{dropIn}");
        files.AddRange(dropIns.Values.Where(path => machine.ReadLink(path) != "/dev/null"));
        foreach (var file in files) UnitFiles.Parse(machine.ReadText(file) ?? "", file, settings);
        return (settings, files);
    }
}
