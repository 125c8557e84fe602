using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Ratchet.Agent.Records;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Records;

/// <summary>Forgeries that fool other readers of JWS or JSON, each by its name; each but the unsigned ones has a signature of the host's own key.</summary>
public sealed class RefusalTests : IDisposable
{
    const string Good = """{"@timestamp":"2026-11-21T12:00:00.000Z","event":{"id":"a","action":"stop","sequence":1},"host":{"name":"web01"},"ratchet":{"chain":{"id":"c","sequence":1}}}""";
    static readonly BigInteger Order = BigInteger.Parse("00FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", System.Globalization.NumberStyles.HexNumber);

    readonly SigningKey key = SigningKey.Create();

    public void Dispose() => key.Dispose();

    [Fact]
    public void Without_a_forgery_it_is_accepted() => Assert.Equal(Verdict.Accepted, Add(Ledgers.Sign(key, Good)));

    [Fact]
    public void Alg_none() => Refused($"{Encode(Header("none"))}.{Encode(Good)}.");

    [Fact]
    public void Alg_none_with_a_signature() => Refused(Signed(Header("none"), Good));

    [Fact]
    public void Alg_HS256_with_the_public_key_as_its_secret()
    {
        var (spki, jwk) = (Encoding.ASCII.GetBytes(key.ToPublicKey(null).ToEcdsa().ExportSubjectPublicKeyInfoPem()), Encoding.UTF8.GetBytes(key.ToPublicKey("web01").ToJson()));
        foreach (var secret in (byte[][])[spki, jwk])
            foreach (var header in (string[])[Header("HS256"), Header("ES256")])
            {
                var signed = $"{Encode(header)}.{Encode(Good)}";
                var mac = HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed));
                Refused($"{signed}.{Base64Url.EncodeToString(mac)}");
                Refused($"{signed}.{Base64Url.EncodeToString([.. mac, .. mac])}");
            }
    }

    [Theory]
    [InlineData("""{"kid":"KID","typ":"ratchet+json"}""")]
    [InlineData("""{"alg":"ES256","typ":"ratchet+json"}""")]
    [InlineData("""{"alg":"ES256","kid":"KID"}""")]
    [InlineData("{}")]
    public void Missing_header_field(string header) => Refused(Signed(header, Good));

    [Theory]
    [InlineData("""{"alg":"ES256","alg":"ES256","kid":"KID","typ":"ratchet+json"}""")]
    [InlineData("""{"alg":"none","alg":"ES256","kid":"KID","typ":"ratchet+json"}""")]
    [InlineData("""{"alg":"ES256","kid":"KID","kid":"KID","typ":"ratchet+json"}""")]
    [InlineData("""{"alg":"ES256","kid":"KID","typ":"ratchet+json","typ":"ratchet+json"}""")]
    public void Doubled_header_field(string header) => Refused(Signed(header, Good));

    [Theory]
    [InlineData("\"crit\":[\"exp\"]")]
    [InlineData("\"crit\":[],\"b64\":false")]
    [InlineData("\"jwk\":JWK")]
    [InlineData("\"jku\":\"https://attacker.example/keys.json\"")]
    [InlineData("\"x5u\":\"https://attacker.example/cert.pem\"")]
    [InlineData("\"x5c\":[\"MIIB\"]")]
    public void Crit_jwk_jku_x5u_and_x5c_in_the_header(string field)
    {
        using var own = SigningKey.Create();
        var added = field.Replace("JWK", own.ToPublicKey(null).ToJson(), StringComparison.Ordinal);
        foreach (var header in (string[])[$$"""{"alg":"ES256",{{added}},"kid":"KID","typ":"ratchet+json"}""", $$"""{"alg":"ES256","kid":"KID","typ":"ratchet+json",{{added}}}"""])
        {
            Refused(Signed(header, Good));
            // Signed by the key that the header brings along.
            Refused(Signed(header, Good, own));
        }
    }

    [Fact]
    public void Base64url_with_padding_white_space_or_trailing_bits()
    {
        var compact = Ledgers.Sign(key, Good);
        foreach (var extra in (string[])["=", "==", " ", "\t", "\r"])
            for (var i = 0; i <= compact.Length; i++) Refused(compact.Insert(i, extra));
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for (var bits = 1; bits < 16; bits++)
            Refused(compact[..^1] + alphabet[alphabet.IndexOf(compact[^1], StringComparison.Ordinal) + bits]);
    }

    [Fact]
    public void Malleable_s()
    {
        var compact = Ledgers.Sign(key, Good);
        var parts = compact.Split('.');
        var signature = Base64Url.DecodeFromChars(parts[2]);
        var s = new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true);
        Refused($"{parts[0]}.{parts[1]}.{Base64Url.EncodeToString([.. signature[..32], .. Number(Order - s)])}");
        // Zero, and numbers beyond the order.
        foreach (var (r, other) in ((byte[], byte[])[])[(new byte[32], new byte[32]), (signature[..32], new byte[32]), (new byte[32], signature[32..]), (Number(Order), signature[32..])])
            Refused($"{parts[0]}.{parts[1]}.{Base64Url.EncodeToString([.. r, .. other])}");
    }

    [Theory]
    [InlineData("""{"host":{"name":"pg01"},GOOD}""")]
    [InlineData("""{GOOD,"result":{"evaluation":"failed","evaluation":"passed"}}""")]
    [InlineData("""{GOOD,"result":{"a":[{"b":{"c":1,"d":2,"c":3}}]}}""")]
    [InlineData("""{GOOD,"result":{"evaluation":"failed","\u0065valuation":"passed"}}""")]
    [InlineData("""{GOOD,"result":{"":1,"":2}}""")]
    [InlineData("""{GOOD,"result":{"a0":0,"a1":0,"a2":0,"a3":0,"a4":0,"a5":0,"a6":0,"a7":0,"a8":0,"a9":0,"b0":0,"b1":0,"b2":0,"b3":0,"b4":0,"b5":0,"b6":0,"a0":0}}""")]
    public void Duplicate_names_in_the_payload_at_any_depth(string payload) => Refused(Ledgers.Sign(key, payload.Replace("GOOD", Good[1..^1], StringComparison.Ordinal)));

    [Theory]
    [InlineData("""{GOOD,"result":{"a":1},"rule":{"a":2,"b":[{"a":1},{"a":1}]}}""")]
    public void The_same_name_in_two_objects_is_no_duplicate(string payload) =>
        Assert.Equal(Verdict.Accepted, Add(Ledgers.Sign(key, payload.Replace("GOOD", Good[1..^1], StringComparison.Ordinal))));

    [Fact]
    public void Oversized_token() => Refused(Ledgers.Sign(key, Good[..^1] + $",\"x\":\"{new string('x', Jws.LengthLimit)}\"}}"));

    [Theory]
    [InlineData(100_000, "{\"a\":")]
    [InlineData(100_000, "[")]
    [InlineData(20, "[")]
    public void Deep_nesting(int depth, string open) => Refused(Ledgers.Sign(key, Good[..^1] + ",\"x\":" + string.Concat(Enumerable.Repeat(open, depth)) + string.Concat(Enumerable.Repeat(open == "[" ? "]" : "}", depth)) + "}"));

    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\\udc00")]
    [InlineData("\\ud800\\u0041")]
    [InlineData("\\udc00\\ud800")]
    public void Lone_surrogates_in_a_value_or_a_name(string half)
    {
        Refused(Ledgers.Sign(key, $"{Good[..^1]},\"x\":\"{half}\"}}"));
        Refused(Ledgers.Sign(key, $"{Good[..^1]},\"{half}\":1}}"));
    }

    [Theory]
    [InlineData(new byte[] { 0xFF })]
    [InlineData(new byte[] { 0xC3, 0x28 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { 0xC0, 0xAF })]
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 })]
    public void Invalid_UTF_8(byte[] bytes) => Refused(Jws.Sign([.. Encoding.UTF8.GetBytes(Good[..^1] + ",\"x\":\""), .. bytes, .. "\"}"u8], key));

    [Theory]
    [InlineData(" ")]
    [InlineData("{}")]
    [InlineData("\0")]
    public void Something_behind_the_payload_s_object(string rest)
    {
        var verdict = Add(Ledgers.Sign(key, Good + rest));
        // White space is JSON.
        Assert.Equal(rest == " " ? Verdict.Accepted : Verdict.Refused, verdict);
    }

    void Refused(string compact)
    {
        using var verifier = new Verifier(Ledgers.KeySetOf(key.ToPublicKey("web01")));
        Assert.Equal(Verdict.Refused, verifier.Add(compact, out var problem));
        Assert.NotNull(problem);
        Assert.False(verifier.Report(window: true).IsGood);
    }

    Verdict Add(string compact)
    {
        using var verifier = new Verifier(Ledgers.KeySetOf(key.ToPublicKey("web01")));
        return verifier.Add(compact, out _);
    }

    string Header(string algorithm) => $$"""{"alg":"{{algorithm}}","kid":"{{key.Id}}","typ":"ratchet+json"}""";

    string Signed(string header, string payload, SigningKey? by = null)
    {
        var signed = $"{Encode(header.Replace("KID", key.Id, StringComparison.Ordinal))}.{Encode(payload)}";
        byte[] signature;
        do signature = (by ?? key).Sign(Encoding.ASCII.GetBytes(signed));
        while (2 * new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true) > Order);
        return signed + "." + Base64Url.EncodeToString(signature);
    }

    static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    static byte[] Number(BigInteger number)
    {
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[32 - bytes.Length], .. bytes];
    }
}
