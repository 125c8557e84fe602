using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Ratchet.Agent.Checks;

namespace Ratchet.Agent.Records;

/// <summary>What on-call is told of a verdict, and what a receiver needs to open and close one incident for it.</summary>
/// <remarks>
/// <code>
/// "alert": { "key": "9f2c…", "event": "opened", "action": "trigger", "severity": "error", "opened": "2026-11-01T12:00:00.000Z", "openings": 1, "reason": "failed" }
/// </code>
/// <c>action</c>, <c>severity</c> and <c>key</c> are what PagerDuty's Events API v2 calls <c>event_action</c>,
/// <c>payload.severity</c> and <c>dedup_key</c>.
/// </remarks>
/// <param name="Event"><c>opened</c>, <c>reopened</c>, <c>reminder</c> or <c>resolved</c>.</param>
/// <param name="Opened">When the alert last opened.</param>
/// <param name="Openings">How often it has opened.</param>
/// <param name="Reason">The evaluation that this is told for, or <c>gone</c>: the subject is no longer there.</param>
sealed record AlertNews(string Event, DateTimeOffset Opened, int Openings, string Reason)
{
    bool IsResolved => Event == "resolved";

    /// <summary>The key of the one incident of a host, rule and subject: made of nothing that is remembered, so that a lost memory cannot change it.</summary>
    public static string Key(string hostId, Finding finding) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{hostId}\n{finding.Rule.Id}\n{finding.Subject}")).AsSpan(0, 16));

    public JsonObject ToJson(Speaker speaker, Finding finding) => new()
    {
        ["key"] = Key(speaker.Id, finding),
        ["event"] = Event,
        ["action"] = IsResolved ? "resolve" : "trigger",
        ["severity"] = finding.Rule.Severity switch { Severity.Critical => "critical", Severity.High => "error", Severity.Medium => "warning", _ => "info" },
        ["opened"] = Payload.Time(Opened),
        ["openings"] = Openings,
        ["reason"] = Reason,
    };

    /// <summary>The message of the alert: that of the finding, and what became of it.</summary>
    public string Message(Finding finding) => Event switch
    {
        "reopened" => "again: " + finding.Message,
        "reminder" => $"still, since {Opened.UtcDateTime:yyyy-MM-dd HH:mm}Z: {finding.Message}",
        "resolved" when finding.Waiver is { } waiver => $"resolved, waived by {waiver}: {finding.Message}",
        "resolved" => "resolved: " + finding.Message,
        _ => finding.Message,
    };
}
