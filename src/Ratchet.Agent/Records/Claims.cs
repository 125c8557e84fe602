namespace Ratchet.Agent.Records;

/// <summary>What a payload says of its own place: believed only after the signature.</summary>
/// <param name="Host"><c>host.name</c>.</param>
/// <param name="Chain"><c>ratchet.chain.id</c>.</param>
/// <param name="Sequence"><c>ratchet.chain.sequence</c>.</param>
/// <param name="Previous"><c>ratchet.chain.previous</c>; null in record 1.</param>
/// <param name="Time"><c>@timestamp</c>.</param>
/// <param name="Action"><c>event.action</c>.</param>
/// <param name="EventSequence"><c>event.sequence</c>.</param>
/// <param name="EventId"><c>event.id</c>.</param>
/// <param name="NextKeyId">The key that a <c>key-rotated</c> record names: it signs all that follows.</param>
/// <param name="Gap">The chain numbers that a <c>gap</c> record declares as given up.</param>
/// <param name="GapKeyId">The key that signs the record after the gap, or after what is lost of the other chain: a rotation may be among it.</param>
/// <param name="Lost">Numbers of another chain of the host that this record declares as given up.</param>
/// <param name="Reason">Why the chain begins; only in record 1.</param>
/// <param name="Follows">The chain before this one, where record 1 knows it.</param>
sealed record Claims(
    string Host, string Chain, long Sequence, Digest? Previous, DateTimeOffset Time, string Action, long EventSequence, string EventId,
    Digest? NextKeyId, (long First, long Last)? Gap, Digest? GapKeyId, (string Chain, long First, long Last)? Lost, string? Reason, string? Follows)
{
    /// <returns>The claims; or null and what is missing or malformed.</returns>
    public static Claims? Parse(ReadOnlySpan<byte> payload, out string problem) => new ClaimsReader().Read(payload, out problem);
}
