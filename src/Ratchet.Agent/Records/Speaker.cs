using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Records;

/// <summary>Who speaks: the host and the agent, as every record names them.</summary>
/// <param name="Id"><c>host.id</c>: the machine id (machine-id(5)), or the name where the host has none.</param>
/// <param name="Name"><c>host.name</c>: what the signing key is bound to.</param>
/// <param name="OsRelease">os-release(5), unquoted.</param>
/// <param name="Kernel">The kernel's release.</param>
sealed record Speaker(string Id, string Name, IReadOnlyDictionary<string, string> OsRelease, string? Kernel)
{
    /// <summary>Where it stands, once that is known; null: no cloud is looked at.</summary>
    public Cloud? Cloud { get; init; }

    public static string AgentVersion { get; } =
        typeof(Speaker).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <param name="machine">The host.</param>
    /// <param name="configuredName">The name from the configuration; null: the host's own.</param>
    public static Speaker Of(Machine machine, string? configuredName, Cloud? cloud = null)
    {
        var name = configuredName ?? Line(machine, "/proc/sys/kernel/hostname") ?? Line(machine, "/etc/hostname") ?? "localhost";
        var id = Line(machine, "/etc/machine-id") ?? Line(machine, "/var/lib/dbus/machine-id") ?? name;
        return new Speaker(id, name, OsReleaseFile.Read(machine), Line(machine, "/proc/sys/kernel/osrelease")) { Cloud = cloud };
    }

    /// <summary>Adds <c>host</c>, <c>agent</c> and <c>observer</c>, and <c>cloud</c> where the place is verified.</summary>
    public void WriteTo(JsonObject payload)
    {
        payload["host"] = new JsonObject
        {
            ["id"] = Id,
            ["name"] = Name,
            ["hostname"] = Name,
            ["architecture"] = RuntimeInformation.OSArchitecture == Architecture.X64 ? "x86_64" : RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
            ["os"] = new JsonObject
            {
                ["type"] = "linux",
                ["platform"] = OsRelease.GetValueOrDefault("ID"),
                ["name"] = OsRelease.GetValueOrDefault("NAME"),
                ["version"] = OsRelease.GetValueOrDefault("VERSION_ID"),
                ["kernel"] = Kernel,
            },
        };
        payload["agent"] = new JsonObject { ["type"] = "ratchet-agent", ["version"] = AgentVersion, ["id"] = Id };
        payload["observer"] = new JsonObject { ["vendor"] = "Ratchet", ["product"] = "Ratchet Agent", ["version"] = AgentVersion };
        if (Cloud?.Place is { } place) payload["cloud"] = place.ToJson();
    }

    static string? Line(Machine machine, string path) => machine.ReadText(path)?.Trim() is { Length: > 0 } text ? text : null;
}
