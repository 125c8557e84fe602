using System.Text.Json;
using System.Text.Json.Serialization;
using Ratchet.Agent.Shipping;

namespace Ratchet.Agent.Service;

/// <summary>What the running service did last: the file that <c>status</c> prints.</summary>
/// <param name="Open">Failures that stand.</param>
/// <param name="Trouble">Why records are not taken; null while they are.</param>
sealed record StatusReport(
    string Version,
    int Pid,
    DateTimeOffset Started,
    DateTimeOffset? LastSweep,
    double IntervalSeconds,
    IReadOnlyDictionary<string, int> Counts,
    IReadOnlyList<OpenFailure> Open,
    int SpoolBatches,
    string Chain,
    long ChainSequence,
    string KeyId,
    DateTimeOffset? Acknowledged,
    string? Trouble);

sealed record OpenFailure(string Rule, string Subject, string Message);

/// <summary>status.json in the state directory.</summary>
static class StatusFile
{
    public static void Write(string stateDirectory, byte[] report) => DurableFile.Write(PathIn(stateDirectory), report);

    public static byte[] Render(StatusReport report) => JsonSerializer.SerializeToUtf8Bytes(report, StatusJson.Default.StatusReport);

    /// <returns>The report, or null where the service has never run.</returns>
    /// <exception cref="JsonException">The file is damaged.</exception>
    public static StatusReport? Read(string stateDirectory)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(PathIn(stateDirectory)), StatusJson.Default.StatusReport);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    static string PathIn(string stateDirectory) => Path.Combine(stateDirectory, "status.json");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(StatusReport))]
sealed partial class StatusJson : JsonSerializerContext;
