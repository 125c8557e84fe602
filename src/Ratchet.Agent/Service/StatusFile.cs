using System.Text.Json;
using System.Text.Json.Serialization;
using Ratchet.Agent.Checks.Alerts;
using Ratchet.Agent.Shipping;

namespace Ratchet.Agent.Service;

/// <summary>What the running service did last: the file that <c>status</c> prints.</summary>
/// <param name="Open">Failures that stand.</param>
/// <param name="Alerts">Alerts that are open or about to be.</param>
/// <param name="Maintenance">The windows in force.</param>
/// <param name="Trouble">Why records are not taken; null while they are.</param>
sealed record StatusReport(
    string Version,
    int Pid,
    DateTimeOffset Started,
    DateTimeOffset? LastSweep,
    double IntervalSeconds,
    IReadOnlyDictionary<string, int> Counts,
    IReadOnlyList<OpenFailure> Open,
    IReadOnlyList<StandingAlert> Alerts,
    IReadOnlyList<StandingWindow> Maintenance,
    int SpoolBatches,
    string Chain,
    long ChainSequence,
    string KeyId,
    DateTimeOffset? Acknowledged,
    string? Trouble);

sealed record OpenFailure(string Rule, string Subject, string Message);

/// <summary>A window that holds alerts back.</summary>
sealed record StandingWindow(DateTimeOffset Until, string Who, string Reason);

/// <summary>How an alert stands.</summary>
/// <param name="State">
/// <c>open</c>; <c>resolving</c>: good again, not yet for long enough; <c>waiting</c>: bad, not yet for long enough; <c>held</c>: bad, and
/// held back by maintenance; <c>inherited</c>: told together with others.
/// </param>
/// <param name="Since">When it opened, or turned.</param>
sealed record StandingAlert(string Rule, string Subject, string State, DateTimeOffset Since)
{
    public static IReadOnlyList<StandingAlert> Of(IEnumerable<KnownVerdict> verdicts, bool isHeld) =>
    [
        .. from verdict in verdicts
           let alert = verdict.Alert
           where alert is not null && (alert.IsOpen || alert.IsBad)
           orderby verdict.Rule, verdict.Subject
           select new StandingAlert(verdict.Rule, verdict.Subject, StateOf(alert, isHeld), alert.IsOpen ? alert.Opened : alert.Turned),
    ];

    static string StateOf(KnownAlert alert, bool isHeld) => alert switch
    {
        { IsOpen: true, IsBad: false } => "resolving",
        { IsInherited: true } => "inherited",
        { IsOpen: true } => "open",
        _ => isHeld ? "held" : "waiting",
    };
}

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
