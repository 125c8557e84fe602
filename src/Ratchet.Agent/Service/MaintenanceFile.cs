using System.Text.Json;
using System.Text.Json.Serialization;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;
using Ratchet.Agent.Shipping;

namespace Ratchet.Agent.Service;

/// <summary>maintenance.json in the state directory: the windows whose begin is recorded and whose end is not.</summary>
static class MaintenanceFile
{
    /// <summary>Bytes.</summary>
    const int SizeLimit = 1 << 20;

    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="JsonException">It is damaged.</exception>
    public static IReadOnlyList<MaintenanceWindow> Read(Machine machine, string stateDirectory)
    {
        if (machine.ReadBytes(PathIn(stateDirectory), SizeLimit) is not { } json) return [];
        var windows = JsonSerializer.Deserialize(json, WindowJson.Default.IReadOnlyListMaintenanceWindow);
        return windows is not null && windows.All(window => window is not null) ? windows : throw new JsonException("holds null");
    }

    public static void Write(string stateDirectory, IReadOnlyList<MaintenanceWindow> windows)
    {
        if (windows.Count == 0) File.Delete(PathIn(stateDirectory));
        else DurableFile.Write(PathIn(stateDirectory), JsonSerializer.SerializeToUtf8Bytes(windows, WindowJson.Default.IReadOnlyListMaintenanceWindow));
    }

    static string PathIn(string stateDirectory) => Path.Combine(stateDirectory, "maintenance.json");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(IReadOnlyList<MaintenanceWindow>))]
sealed partial class WindowJson : JsonSerializerContext;
