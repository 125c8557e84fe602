using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Ratchet.Agent.Records;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Fuzzing;

/// <summary>Records and what carries them: whatever is made of them, no record is believed that the host did not write.</summary>
static class RecordBenches
{
    static readonly (List<string> Records, PublicKey Key) Web = Ledgers.NewChain("web01", 4);
    static readonly HashSet<string> Written = [.. Web.Records];

    static KeySet Keys => Ledgers.KeySetOf(Web.Key);

    public static Bench Records()
    {
        var verifier = new Verifier(Keys);
        var examiner = new Examiner(Keys);
        return new Bench([.. Web.Records.Select(Encoding.ASCII.GetBytes)], input =>
        {
            var verdict = verifier.Add(input, examiner, out var problem);
            Assert.Equal(Written.Contains(Encoding.Latin1.GetString(input)), verdict != Verdict.Refused);
            Assert.Equal(verdict == Verdict.Refused, problem is not null);
        }, verifier, examiner);
    }

    public static Bench Lines() => new([.. Files()], input => Verify(input));

    public static Bench PackedLines() => new([.. Files().Select(Pack)], input => Verify(input));

    /// <summary>What is read of a payload is what a strict reader of JSON reads.</summary>
    public static Bench Payloads() => new([.. Web.Records.Select(record => Jws.Parse(record, out _)!.Payload)], input =>
    {
        if (Claims.Parse(input, out var problem) is not { } claims)
        {
            Assert.NotEqual("", problem);
            return;
        }
        using var document = JsonDocument.Parse(input, new JsonDocumentOptions { AllowDuplicateProperties = false });
        Assert.Equal(document.RootElement.GetProperty("host").GetProperty("name").GetString(), claims.Host);
        Assert.Equal(document.RootElement.GetProperty("ratchet").GetProperty("chain").GetProperty("sequence").GetInt64(), claims.Sequence);
    });

    /// <summary>A key set that is read knows no key but those that it was made of.</summary>
    public static Bench KeySets() => new([Encoding.UTF8.GetBytes(Ledgers.JwkSetOf(Web.Key, Web.Key with { Host = "other" }))], input => KeySet.Parse(Encoding.UTF8.GetString(input)));

    static IEnumerable<byte[]> Files()
    {
        foreach (var form in (string[])["JWS", """{"received":"2026-11-21","jws":"JWS"}""", """{"_index":"i","_source":{"@timestamp":"x","ratchet":{"chain":{"id":"c"},"jws":"JWS"}}}"""])
            yield return Encoding.ASCII.GetBytes(string.Concat(Web.Records.Select(record => form.Replace("JWS", record, StringComparison.Ordinal) + "\n")));
    }

    static void Verify(byte[] input)
    {
        using var verifier = new Verifier(Keys);
        using var stream = new MemoryStream(input);
        using var verification = new Verification(verifier);
        verification.Read(stream, "input", CancellationToken.None);
        var report = verifier.Report(window: true);
        Assert.InRange(report.Accepted, 0, Web.Records.Count);
        Assert.Equal(report.Problems.Count == 0 && report.Accepted > 0, report.IsGood);
    }

    static byte[] Pack(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(content);
        return packed.ToArray();
    }
}
