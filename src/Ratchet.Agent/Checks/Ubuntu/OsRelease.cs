using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>Which distribution this is (os-release(5)).</summary>
/// <param name="Id"><c>ubuntu</c>.</param>
/// <param name="Version"><c>24.04</c>; empty where it is not said.</param>
/// <param name="Codename"><c>noble</c>; of an Ubuntu that does not say it, from the table of releases.</param>
/// <param name="Name">For people.</param>
sealed record OsRelease(string Id, string Version, string Codename, string Name)
{
    /// <exception cref="IOException">Nothing on the host says which distribution it is.</exception>
    public static OsRelease Read(Machine machine)
    {
        var values = OsReleaseFile.Read(machine);
        if (values.GetValueOrDefault("ID") is not { Length: > 0 } id) throw new IOException("/etc/os-release is missing or says no ID: which distribution this is, is not known");
        var version = values.GetValueOrDefault("VERSION_ID", "");
        var codename = values.GetValueOrDefault("VERSION_CODENAME") ?? UbuntuRelease.Find(version)?.Codename ?? "";
        return new OsRelease(id, version, codename, values.GetValueOrDefault("PRETTY_NAME") ?? $"{id} {version}".Trim());
    }
}
