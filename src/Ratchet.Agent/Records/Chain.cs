using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ratchet.Agent.Records;

/// <summary>Where a chain stands: all that the next record needs.</summary>
/// <param name="Id">UUID of the chain.</param>
/// <param name="Sequence">Number of the last record; 0 before the first.</param>
/// <param name="Previous">base64url SHA-256 of the last record's compact JWS; null before the first.</param>
/// <param name="EventSequence">The last <c>event.sequence</c>.</param>
/// <param name="KeyId">The key that signs the next record.</param>
/// <param name="Reason">Why the chain begins, until record 1 has said it.</param>
/// <param name="Follows">The chain before this one, until record 1 has named it.</param>
/// <param name="Machine"><c>host.id</c> of the host whose chain it is; null where that was not kept.</param>
/// <param name="Name"><c>host.name</c> of that host; null where that was not kept.</param>
sealed record ChainHead(
    string Id, long Sequence, string? Previous, long EventSequence, string KeyId, string? Reason = null, string? Follows = null,
    string? Machine = null, string? Name = null)
{
    /// <summary>Reads the head back from the last record that was kept.</summary>
    /// <exception cref="FormatException">It is not a record of ours.</exception>
    public static ChainHead Of(string compact)
    {
        var token = Jws.Parse(compact, out var problem) ?? throw new FormatException(problem);
        var claims = Claims.Parse(token.Payload, out problem) ?? throw new FormatException(problem);
        return new ChainHead(claims.Chain, claims.Sequence, Jws.Hash(compact), claims.EventSequence, claims.NextKeyId?.ToString() ?? token.KeyId, Machine: MachineOf(token.Payload), Name: claims.Host);
    }

    static string? MachineOf(byte[] payload)
    {
        using var document = JsonDocument.Parse(payload);
        return document.RootElement.GetProperty("host").TryGetProperty("id", out var id) ? id.GetString() : null;
    }
}

/// <summary>Numbers, links and signs payloads. It changes nothing: the caller keeps the new head once the record is on disk.</summary>
static class Chain
{
    static readonly JsonWriterOptions WriterOptions = new() { SkipValidation = true };

    /// <summary>Adds <c>event.id</c>, <c>event.sequence</c> and <c>ratchet.chain.*</c> to a payload and signs it.</summary>
    /// <param name="head">The chain up to here.</param>
    /// <param name="payload">Taken over and completed; it has an <c>event</c> and may have a <c>ratchet</c> object.</param>
    /// <param name="key">The key that the head names.</param>
    /// <param name="now">Wall-clock time.</param>
    public static (string Compact, ChainHead Head) Seal(ChainHead head, JsonObject payload, SigningKey key, DateTimeOffset now)
    {
        if (key.Id != head.KeyId) throw new InvalidOperationException($"the chain goes on with key {head.KeyId}, not {key.Id}");
        var sequence = head.Sequence + 1;
        var eventSequence = Math.Max(head.EventSequence + 1, (now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        var events = (JsonObject)payload["event"]!;
        events["id"] = Guid.CreateVersion7(now).ToString();
        events["sequence"] = eventSequence;
        var chain = new JsonObject { ["id"] = head.Id, ["sequence"] = sequence };
        if (head.Previous is not null) chain["previous"] = head.Previous;
        if (payload["ratchet"] is not JsonObject ratchet) payload["ratchet"] = ratchet = [];
        foreach (var (name, value) in ratchet["chain"] as JsonObject ?? []) chain[name] = value?.DeepClone();
        ratchet["chain"] = chain;
        var compact = Jws.Sign(Serialise(payload), key);
        return (compact, new ChainHead(head.Id, sequence, Jws.Hash(compact), eventSequence, head.KeyId));
    }

    static byte[] Serialise(JsonObject payload)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions)) payload.WriteTo(writer);
        return buffer.ToArray();
    }
}
