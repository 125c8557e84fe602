using System.Text.Json;

namespace Ratchet.Agent.Records;

/// <summary>What a payload says of its own place: believed only after the signature.</summary>
/// <param name="Host"><c>host.name</c>.</param>
/// <param name="Chain"><c>ratchet.chain.id</c>.</param>
/// <param name="Sequence"><c>ratchet.chain.sequence</c>.</param>
/// <param name="Previous"><c>ratchet.chain.previous</c>; null in record 1.</param>
/// <param name="Action"><c>event.action</c>.</param>
/// <param name="EventSequence"><c>event.sequence</c>.</param>
/// <param name="EventId"><c>event.id</c>.</param>
/// <param name="NextKeyId">The key that a <c>key-rotated</c> record names: it signs all that follows.</param>
/// <param name="Gap">The chain numbers that a <c>gap</c> record declares as given up.</param>
/// <param name="GapKeyId">The key that signs the record after the gap: a rotation may be among what was given up.</param>
sealed record Claims(string Host, string Chain, long Sequence, string? Previous, string Action, long EventSequence, string EventId, string? NextKeyId, (long First, long Last)? Gap, string? GapKeyId = null)
{
    // A doubled key would let two readers see two values under one signature.
    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <returns>The claims; or null and what is missing or malformed.</returns>
    public static Claims? Parse(byte[] payload, out string problem)
    {
        try
        {
            using var document = JsonDocument.Parse(payload, Strict);
            problem = "";
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            problem = "the payload is not that of a record: " + e.Message;
            return null;
        }
    }

    static Claims Read(JsonElement root)
    {
        var (events, ratchet) = (root.GetProperty("event"), root.GetProperty("ratchet"));
        var chain = ratchet.GetProperty("chain");
        var sequence = chain.GetProperty("sequence").GetInt64();
        var previous = chain.TryGetProperty("previous", out var hash) ? hash.GetString() : null;
        if (sequence < 1 || sequence == 1 != previous is null) throw new FormatException("record 1, and only it, has no previous");
        var action = Text(events, "action");
        var next = action == "key-rotated" ? Text(ratchet.GetProperty("key"), "next") : null;
        JsonElement lost = default;
        (long, long)? gap = action == "gap" && ratchet.TryGetProperty("gap", out lost)
            ? (lost.GetProperty("first").GetInt64(), lost.GetProperty("last").GetInt64())
            : null;
        var gapKey = gap is not null && lost.TryGetProperty("key", out var key) ? key.GetString() : null;
        return new Claims(Text(root.GetProperty("host"), "name"), Text(chain, "id"), sequence, previous, action,
            events.GetProperty("sequence").GetInt64(), Text(events, "id"), next, gap, gapKey);
    }

    static string Text(JsonElement parent, string name) =>
        parent.GetProperty(name).GetString() is { Length: > 0 } text ? text : throw new FormatException($"{name} is empty");
}
