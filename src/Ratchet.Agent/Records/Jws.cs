using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Ratchet.Agent.Records;

/// <summary>
/// JWS compact serialization (RFC 7515), in the one form that a record has:
/// <code>BASE64URL(header) . BASE64URL(payload) . BASE64URL(r || s)</code>
/// The header is byte for byte <c>{"alg":"ES256","kid":"KID","typ":"ratchet+json"}</c>, where KID is the RFC 7638 SHA-256
/// thumbprint of the key. Any other header is refused, and with it other algorithms, <c>crit</c>, embedded keys and doubled
/// fields. Of the two signatures (r, s) and (r, n-s) that ECDSA accepts, only the one with the smaller s is written and read,
/// and base64url only in its canonical form: nobody can write a second, equally valid form of a record.
/// </summary>
static class Jws
{
    /// <summary>Most characters of a record.</summary>
    public const int LengthLimit = 256 << 10;

    const int SignatureLength = 64;
    const int KeyIdLength = 43;
    const string HeaderStart = """{"alg":"ES256","kid":""" + "\"";
    const string HeaderEnd = "\"" + ""","typ":"ratchet+json"}""";

    /// <summary>Half of the order n of P-256 (SEC 2, section 2.4.2), big-endian: the largest s that is accepted.</summary>
    static readonly byte[] HalfOrder = Convert.FromHexString("7FFFFFFF800000007FFFFFFFFFFFFFFFDE737D56D38BCF4279DCE5617E3192A8");
    static readonly byte[] Order = Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");

    /// <summary>Signs the exact payload bytes.</summary>
    public static string Sign(ReadOnlySpan<byte> payload, SigningKey key)
    {
        var signed = Base64Url.EncodeToString(Encoding.ASCII.GetBytes(HeaderStart + key.Id + HeaderEnd)) + "." + Base64Url.EncodeToString(payload);
        var signature = key.Sign(Encoding.ASCII.GetBytes(signed));
        MakeLow(signature.AsSpan(SignatureLength / 2));
        return signed + "." + Base64Url.EncodeToString(signature);
    }

    /// <summary>The SHA-256 of the compact form, base64url: what the next record names as <c>ratchet.chain.previous</c>.</summary>
    public static string Hash(string compact) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(compact)));

    /// <summary>Takes a record apart without believing it: the signature is checked by <see cref="Token.IsSignedBy"/>.</summary>
    /// <returns>The parts; or null and what is wrong with the form.</returns>
    public static Token? Parse(string compact, out string problem)
    {
        problem = "";
        if (compact.Length > LengthLimit) return Refuse($"longer than {LengthLimit} characters", out problem);
        if (compact.Split('.') is not [var header, var payload, var signature]) return Refuse("not three parts joined by dots", out problem);
        if (Decode(header) is not { } headerBytes || Decode(payload) is not { } payloadBytes || Decode(signature) is not { } signatureBytes)
            return Refuse("a part is not canonical base64url", out problem);
        if (KeyIdOf(Encoding.ASCII.GetString(headerBytes)) is not { } keyId) return Refuse("the header is not that of a record", out problem);
        if (signatureBytes.Length != SignatureLength) return Refuse($"the signature has {signatureBytes.Length} bytes, not {SignatureLength}", out problem);
        if (!IsLow(signatureBytes.AsSpan(SignatureLength / 2))) return Refuse("the signature is not in its low form", out problem);
        return new Token(keyId, payloadBytes, Encoding.ASCII.GetBytes(compact, 0, header.Length + 1 + payload.Length), signatureBytes);
    }

    /// <summary>The payload of a text that is not in the form of a record, to tell whose it claims to be; null where it has none.</summary>
    public static byte[]? PayloadOf(string malformed) => malformed.Length <= LengthLimit && malformed.Split('.') is [_, var payload, _] ? Decode(payload) : null;

    static Token? Refuse(string reason, out string problem)
    {
        problem = reason;
        return null;
    }

    static byte[]? Decode(string part)
    {
        var bytes = new byte[Base64Url.GetMaxDecodedLength(part.Length)];
        // TryDecodeFromChars throws where a character is none of base64url.
        if (Base64Url.DecodeFromChars(part, bytes, out _, out var length) != OperationStatus.Done) return null;
        // The decoder tolerates white space, padding and stray bits at the end.
        return Base64Url.EncodeToString(bytes.AsSpan(0, length)) == part ? bytes[..length] : null;
    }

    static string? KeyIdOf(string header)
    {
        if (header.Length != HeaderStart.Length + KeyIdLength + HeaderEnd.Length) return null;
        if (!header.StartsWith(HeaderStart, StringComparison.Ordinal) || !header.EndsWith(HeaderEnd, StringComparison.Ordinal)) return null;
        var keyId = header.Substring(HeaderStart.Length, KeyIdLength);
        return keyId.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? keyId : null;
    }

    static bool IsLow(ReadOnlySpan<byte> s) => s.SequenceCompareTo(HalfOrder) <= 0;

    /// <summary>Replaces s by n-s where that is smaller.</summary>
    static void MakeLow(Span<byte> s)
    {
        if (IsLow(s)) return;
        var borrow = 0;
        for (var i = s.Length - 1; i >= 0; i--)
        {
            var difference = Order[i] - s[i] - borrow;
            borrow = difference < 0 ? 1 : 0;
            s[i] = (byte)(difference + (borrow << 8));
        }
    }
}

/// <summary>A record taken apart, not yet believed.</summary>
/// <param name="Signed">The bytes that the signature covers: header, dot, payload, as they came.</param>
sealed record Token(string KeyId, byte[] Payload, byte[] Signed, byte[] Signature)
{
    public bool IsSignedBy(ECDsa key) => key.VerifyData(Signed, Signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
}
