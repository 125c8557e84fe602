using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Agent.Records;
using Ratchet.Agent.Shipping;

namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>Hosts with real ledgers, and what to do with their records.</summary>
static class Ledgers
{
    public static Speaker Named(string name) => new($"id-of-{name}", name, new Dictionary<string, string> { ["ID"] = "debian" }, "6.1");

    /// <summary>Appends this many small records, three to a batch.</summary>
    public static void Fill(this Ledger ledger, Speaker speaker, int count)
    {
        foreach (var some in Enumerable.Range(0, count).Chunk(3))
            ledger.Append([.. some.Select(_ => Payload.Stop(speaker, DateTimeOffset.UnixEpoch))]);
    }

    /// <summary>All records that a spool directory holds, in the order of sending.</summary>
    public static List<string> Records(this Spool spool) => [.. spool.List().SelectMany(spool.Read)];

    /// <summary>The records of a fresh ledger: record 1 and so many more.</summary>
    public static (List<string> Records, PublicKey Key) NewChain(string host, int count)
    {
        using var folder = new Folder();
        using var ledger = Ledger.Open(folder["state"], Named(host), TimeProvider.System);
        ledger.Fill(Named(host), count - 1);
        return (ledger.Spool.Records(), ledger.PublicKey);
    }

    public static KeySet KeySetOf(params IEnumerable<PublicKey> keys) => KeySet.Parse(JwkSetOf(keys));

    public static string JwkSetOf(params IEnumerable<PublicKey> keys) => $$"""{"keys":[{{string.Join(',', keys.Select(key => key.ToJson()))}}]}""";

    public static JsonObject PayloadOf(string compact) => (JsonObject)JsonNode.Parse(Jws.Parse(compact, out var problem)?.Payload ?? throw new FormatException(problem))!;

    public static Claims ClaimsOf(string compact) => Claims.Parse(Jws.Parse(compact, out _)!.Payload, out _)!;

    /// <summary>The key that a key-rotated record names; null for any other record.</summary>
    public static PublicKey? NextKeyOf(string compact) => PayloadOf(compact)["ratchet"]?["key"]?["jwk"]?.Deserialize<PublicKey>();

    public static VerifyReport Verify(KeySet keys, IEnumerable<string> records, bool window = false)
    {
        using var verifier = new Verifier(keys);
        foreach (var record in records) verifier.Add(record, out _);
        return verifier.Report(window);
    }

    /// <summary>Verifies a file's text, as the verify verb reads it.</summary>
    public static VerifyReport VerifyText(KeySet keys, string text, bool window = false)
    {
        using var verifier = new Verifier(keys);
        using var stream = new MemoryStream(System.Text.Encoding.Latin1.GetBytes(text));
        using var verification = new Verification(verifier);
        verification.Read(stream, "text", CancellationToken.None);
        return verifier.Report(window);
    }

    /// <summary>Signs any bytes as a record.</summary>
    public static string Sign(SigningKey key, string payload) => Jws.Sign(System.Text.Encoding.UTF8.GetBytes(payload), key);
}
