using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>Which distribution this is (os-release(5)).</summary>
/// <param name="Id"><c>ubuntu</c>.</param>
/// <param name="Version"><c>24.04</c>; empty where it is not said.</param>
/// <param name="Codename"><c>noble</c>; of an Ubuntu that does not say it, from the table of releases.</param>
/// <param name="Name">For people.</param>
sealed record OsRelease(string Id, string Version, string Codename, string Name)
{
    const int Limit = 64 << 10;

    /// <exception cref="IOException">Nothing on the host says which distribution it is.</exception>
    public static OsRelease Read(Machine machine) =>
        machine.ReadText("/etc/os-release", Limit) is { } text ? Parse(text)
        : machine.ReadText("/usr/lib/os-release", Limit) is { } vendor ? Parse(vendor)
        : throw new IOException("/etc/os-release is missing: which distribution this is, is not known");

    internal static OsRelease Parse(string text)
    {
        var values = new Dictionary<string, string>();
        foreach (var line in text.Split('\n'))
            if (line.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals && line[0] != '#')
                values[line[..equals]] = line[(equals + 1)..].Trim().Trim('"', '\'');
        var id = values.GetValueOrDefault("ID", "");
        if (id.Length == 0) throw new FormatException("/etc/os-release: says no ID");
        var version = values.GetValueOrDefault("VERSION_ID", "");
        var codename = values.GetValueOrDefault("VERSION_CODENAME") ?? UbuntuRelease.Find(version)?.Codename ?? "";
        return new OsRelease(id, version, codename, values.GetValueOrDefault("PRETTY_NAME") ?? $"{id} {version}".Trim());
    }
}
