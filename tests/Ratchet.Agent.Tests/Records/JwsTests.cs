using System.Buffers.Text;
using System.Diagnostics;
using System.Formats.Asn1;
using System.Numerics;
using System.Text;
using Ratchet.Agent.Records;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Records;

public sealed class JwsTests : IDisposable
{
    static readonly BigInteger Order = BigInteger.Parse("00FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", System.Globalization.NumberStyles.HexNumber);

    readonly SigningKey key = SigningKey.Create();

    public void Dispose() => key.Dispose();

    [Fact]
    public void What_was_signed_is_read_back_byte_for_byte()
    {
        byte[] payload = [.. "{\"a\":\"é\"}"u8, 0, 0xFF];

        var token = Jws.Parse(Jws.Sign(payload, key), out var problem)!;

        Assert.Equal("", problem);
        Assert.Equal(payload, token.Payload);
        Assert.Equal(key.Id, token.KeyId);
        Assert.True(token.IsSignedBy(key.ToPublicKey(null).ToEcdsa()));
    }

    [Fact]
    public void The_header_is_the_one_of_the_wire_format() =>
        Assert.Equal($$"""{"alg":"ES256","kid":"{{key.Id}}","typ":"ratchet+json"}""", Encoding.UTF8.GetString(Base64Url.DecodeFromChars(Jws.Sign([], key).Split('.')[0])));

    [Fact]
    public void Every_signature_is_in_its_low_form_and_good()
    {
        var ecdsa = key.ToPublicKey(null).ToEcdsa();
        for (var i = 0; i < 64; i++)
        {
            var token = Jws.Parse(Jws.Sign([(byte)i], key), out _)!;
            Assert.True(2 * S(token.Signature) < Order);
            Assert.True(token.IsSignedBy(ecdsa));
        }
    }

    [Fact]
    public void The_high_form_of_a_good_signature_is_refused()
    {
        var (compact, token) = Signed("{}");
        var high = (Order - S(token.Signature)).ToByteArray(isUnsigned: true, isBigEndian: true);
        byte[] signature = [.. token.Signature[..32], .. new byte[32 - high.Length], .. high];

        // ECDSA itself takes it: the refusal is ours.
        Assert.True((token with { Signature = signature }).IsSignedBy(key.ToPublicKey(null).ToEcdsa()));
        Refuses(WithSignature(compact, signature), "low form");
    }

    [Theory]
    [InlineData("""{"alg":"none","kid":"KID","typ":"ratchet+json"}""")]
    [InlineData("""{"alg":"HS256","kid":"KID","typ":"ratchet+json"}""")]
    [InlineData("""{"alg":"ES256","crit":["b64"],"kid":"KID","typ":"ratchet+json"}""")]
    [InlineData("""{"alg":"ES256","jwk":{"kty":"EC"},"kid":"KID","typ":"ratchet+json"}""")]
    [InlineData("""{"alg":"ES256","alg":"none","kid":"KID","typ":"ratchet+json"}""")]
    [InlineData("""{"alg":"ES256","kid":"KID","kid":"KID","typ":"ratchet+json"}""")]
    [InlineData("""{"kid":"KID","alg":"ES256","typ":"ratchet+json"}""")]
    [InlineData("""{"alg":"ES256","kid":"KID","typ":"JWT"}""")]
    [InlineData("""{"alg":"ES256","kid":"KID"}""")]
    [InlineData("""{"alg": "ES256","kid":"KID","typ":"ratchet+json"}""")]
    [InlineData("""{"alg":"ES256","kid":"KID","typ":"ratchet+json"} """)]
    [InlineData("""{"alg":"ES256","kid":"","typ":"ratchet+json"}""")]
    [InlineData("")]
    public void A_header_that_is_not_exactly_ours_is_refused_whoever_signed_it(string header) =>
        Refuses(SignedUnder(header.Replace("KID", key.Id, StringComparison.Ordinal)), "header");

    [Theory]
    [InlineData("\"")]
    [InlineData("é")]
    [InlineData("=")]
    public void A_key_id_of_other_characters_is_refused(string character) =>
        Refuses(SignedUnder($$"""{"alg":"ES256","kid":"{{character + key.Id[Encoding.UTF8.GetByteCount(character)..]}}","typ":"ratchet+json"}"""), "header");

    [Fact]
    public void Base64url_is_read_only_in_its_canonical_form()
    {
        var (compact, _) = Signed("{}");
        var parts = compact.Split('.');
        // "{}" is two bytes in three characters: two bits of the last belong to no byte. Of a signature's last, four.
        Refuses(string.Join('.', parts[0], Stray(parts[1]), parts[2]), "canonical");
        Refuses(string.Join('.', parts[0], parts[1], Stray(parts[2])), "canonical");
        foreach (var extra in (string[])["=", "==", " ", "\n", "\r", "\t", "é", "\0", "+", "/"])
            for (var part = 0; part < 3; part++)
                foreach (var at in (int[])[0, 1, parts[part].Length])
                {
                    var broken = parts.ToArray();
                    broken[part] = parts[part].Insert(at, extra);
                    Refuses(string.Join('.', broken), "canonical");
                }
    }

    [Theory]
    [InlineData(63)]
    [InlineData(65)]
    [InlineData(0)]
    [InlineData(72)]
    public void A_signature_of_another_length_is_refused(int length) => Refuses(WithSignature(Signed("{}").Compact, new byte[length]), $"{length} bytes");

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("....")]
    [InlineData("e30.e30.e30.e30")]
    public void What_is_not_three_parts_is_refused(string text) => Refuses(text, "three parts");

    [Fact]
    public void A_record_may_be_as_long_as_the_limit_and_no_longer()
    {
        var most = (Jws.LengthLimit - Jws.Sign([], key).Length) / 4 * 3;
        Assert.NotNull(Jws.Parse(Jws.Sign(new byte[most], key), out _));
        Refuses(Jws.Sign(new byte[most + 3], key), "longer");
        Refuses(new string('.', Jws.LengthLimit + 1), "longer");
    }

    [Fact]
    public void The_worked_signature_of_rfc_7515_is_good_under_our_reading_of_its_key()
    {
        // Appendix A.3.
        var signed = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        var signature = Base64Url.DecodeFromChars("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
        var token = new Token("", [], Encoding.ASCII.GetBytes(signed), signature);

        Assert.True(token.IsSignedBy(Rfc7515Key.ToEcdsa()));
        signature[10] ^= 1;
        Assert.False(token.IsSignedBy(Rfc7515Key.ToEcdsa()));
    }

    [Fact]
    public void The_thumbprint_is_that_of_rfc_7638()
    {
        // printf %s '{"crv":"P-256","kty":"EC","x":"f83…","y":"x_F…"}' | openssl dgst -sha256 -binary | basenc --base64url
        const string worked = "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U";

        Assert.Equal(worked, (Rfc7515Key with { Id = "ignored", Use = "sig", Host = "ignored" }).Thumbprint);
    }

    [NeedsProgramFact("/usr/bin/openssl")]
    public void Openssl_alone_finds_the_signature_good_and_a_changed_one_bad()
    {
        using var folder = new Folder();
        var (_, token) = Signed("""{"message":"checked by another program"}""");
        File.WriteAllBytes(folder["signed"], token.Signed);
        File.WriteAllBytes(folder["signature"], ToDer(token.Signature));
        folder.Write("key.pem", key.ToPublicKey(null).ToEcdsa().ExportSubjectPublicKeyInfoPem());
        Assert.Equal(("Verified OK", 0), Verify());

        token.Signed[^1] ^= 1;
        File.WriteAllBytes(folder["signed"], token.Signed);
        Assert.Equal(1, Verify().ExitCode);

        (string Output, int ExitCode) Verify() => OpenSsl("dgst", "-sha256", "-verify", folder["key.pem"], "-signature", folder["signature"], folder["signed"]);
    }

    static PublicKey Rfc7515Key => new("EC", "P-256", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");

    (string Compact, Token Token) Signed(string payload)
    {
        var compact = Ledgers.Sign(key, payload);
        return (compact, Jws.Parse(compact, out _)!);
    }

    string SignedUnder(string header)
    {
        var signed = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header)) + ".e30";
        byte[] signature;
        do signature = key.Sign(Encoding.ASCII.GetBytes(signed)); while (2 * S(signature) > Order);
        return signed + "." + Base64Url.EncodeToString(signature);
    }

    static void Refuses(string compact, string reason)
    {
        Assert.Null(Jws.Parse(compact, out var problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }

    static string WithSignature(string compact, byte[] signature) => compact[..(compact.LastIndexOf('.') + 1)] + Base64Url.EncodeToString(signature);

    /// <summary>The same bytes in another form: the lowest bit of the last character belongs to no byte.</summary>
    static string Stray(string part)
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        return part[..^1] + alphabet[alphabet.IndexOf(part[^1], StringComparison.Ordinal) + 1];
    }

    static BigInteger S(byte[] signature) => new(signature.AsSpan(32), isUnsigned: true, isBigEndian: true);

    static byte[] ToDer(byte[] signature)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(new BigInteger(signature.AsSpan(0, 32), isUnsigned: true, isBigEndian: true));
            writer.WriteInteger(S(signature));
        }
        return writer.Encode();
    }

    static (string Output, int ExitCode) OpenSsl(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/openssl", arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return (output, process.ExitCode);
    }
}
