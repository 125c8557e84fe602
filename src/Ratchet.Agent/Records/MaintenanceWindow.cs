using System.Text.Json.Nodes;

namespace Ratchet.Agent.Records;

/// <summary>A window in which findings are recorded and alerts held back; its begin and its end are records.</summary>
/// <param name="Id">Of the request that opened it, or made of the configured window.</param>
/// <param name="Source"><c>request</c> (the maintenance verb) or <c>configuration</c>.</param>
/// <param name="Who">Whoever asked for it says so: the user before sudo, or the configured owner.</param>
/// <param name="UserId">The owner of the request file, which the kernel vouches for; null where the configuration opened it.</param>
/// <param name="IsStopped">It was ended before its time, and has to be remembered until then.</param>
sealed record MaintenanceWindow(string Id, string Source, DateTimeOffset From, DateTimeOffset Until, string Reason, string Who, uint? UserId, bool IsStopped)
{
    /// <summary>The longest window.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromDays(1);

    /// <summary>The record of its begin.</summary>
    public JsonObject Started(Speaker speaker, DateTimeOffset now) =>
        Payload("maintenance-started", $"maintenance by {Who} until {Until.UtcDateTime:yyyy-MM-dd HH:mm}Z, alerts are held back: {Reason}", speaker, now);

    /// <summary>The record of its end.</summary>
    /// <param name="end"><c>time</c>, <c>stopped</c>, <c>replaced</c>, <c>removed</c> (from the configuration) or <c>clock</c> (which was set back).</param>
    /// <param name="by">Who stopped it; null: nobody.</param>
    public JsonObject Ended(Speaker speaker, DateTimeOffset now, string end, string? by)
    {
        var payload = Payload("maintenance-ended", $"the maintenance by {Who} has ended ({end}{(by is null ? "" : $" by {by}")}): {Reason}", speaker, now);
        var window = (JsonObject)payload["ratchet"]!["maintenance"]!;
        window["end"] = end;
        if (by is not null) window["ended_by"] = by;
        return payload;
    }

    JsonObject Payload(string action, string message, Speaker speaker, DateTimeOffset now)
    {
        var payload = Records.Payload.OfAgent(speaker, now, action, message);
        var events = (JsonObject)payload["event"]!;
        events["reason"] = Reason;
        events["start"] = Records.Payload.Time(From);
        events["end"] = Records.Payload.Time(Until);
        var user = new JsonObject { ["name"] = Who };
        if (UserId is { } id) user["id"] = id.ToString();
        payload["user"] = user;
        payload["ratchet"] = new JsonObject { ["maintenance"] = new JsonObject { ["id"] = Id, ["source"] = Source } };
        return payload;
    }
}
