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

    static ReadOnlySpan<byte> HeaderStart => "{\"alg\":\"ES256\",\"kid\":\""u8;

    static ReadOnlySpan<byte> HeaderEnd => "\",\"typ\":\"ratchet+json\"}"u8;

    /// <summary>Half of the order n of P-256 (SEC 2, section 2.4.2), big-endian: the largest s that is accepted.</summary>
    static readonly byte[] HalfOrder = Convert.FromHexString("7FFFFFFF800000007FFFFFFFFFFFFFFFDE737D56D38BCF4279DCE5617E3192A8");
    static readonly byte[] Order = Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");

    /// <summary>Signs the exact payload bytes.</summary>
    public static string Sign(ReadOnlySpan<byte> payload, SigningKey key)
    {
        var signed = Base64Url.EncodeToString([.. HeaderStart, .. Encoding.ASCII.GetBytes(key.Id), .. HeaderEnd]) + "." + Base64Url.EncodeToString(payload);
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
        if (compact.Length > LengthLimit)
        {
            problem = TooLong;
            return null;
        }
        // A character outside ASCII becomes one that base64url does not have.
        var bytes = Encoding.Latin1.GetBytes(compact);
        return TryRead(bytes, new byte[bytes.Length], out var view, out problem)
            ? new Token(view.KeyId.ToString(), view.Payload.ToArray(), view.Signed.ToArray(), view.Signature.ToArray())
            : null;
    }

    /// <summary>The same without an allocation.</summary>
    /// <param name="room">Takes the decoded parts: as long as the record, or <see cref="LengthLimit"/>.</param>
    public static bool TryRead(ReadOnlySpan<byte> compact, Span<byte> room, out TokenView token, out string problem)
    {
        token = default;
        if (compact.Length > LengthLimit) return Refuse(TooLong, out problem);
        var (first, last) = (compact.IndexOf((byte)'.'), compact.LastIndexOf((byte)'.'));
        if (first < 0 || first == last || compact[(first + 1)..last].Contains((byte)'.')) return Refuse("not three parts joined by dots", out problem);
        if (!TryDecode(compact[..first], room, out var header) ||
            !TryDecode(compact[(first + 1)..last], room[header.Length..], out var payload) ||
            !TryDecode(compact[(last + 1)..], room[(header.Length + payload.Length)..], out var signature)) return Refuse("a part is not canonical base64url", out problem);
        if (!TryReadHeader(header, out var keyId)) return Refuse("the header is not that of a record", out problem);
        if (signature.Length != SignatureLength) return Refuse($"the signature has {signature.Length} bytes, not {SignatureLength}", out problem);
        if (!IsLow(signature[(SignatureLength / 2)..])) return Refuse("the signature is not in its low form", out problem);
        token = new TokenView(keyId, payload, compact[..last], signature);
        problem = "";
        return true;
    }

    /// <summary>The payload of a text that is not in the form of a record, to tell whose it claims to be; empty where it has none.</summary>
    public static ReadOnlySpan<byte> PayloadOf(ReadOnlySpan<byte> malformed, Span<byte> room)
    {
        if (malformed.Length > LengthLimit || malformed.Count((byte)'.') != 2) return [];
        var (first, last) = (malformed.IndexOf((byte)'.'), malformed.LastIndexOf((byte)'.'));
        return TryDecode(malformed[(first + 1)..last], room, out var payload) ? payload : [];
    }

    static readonly string TooLong = $"longer than {LengthLimit} characters";

    static bool Refuse(string reason, out string problem)
    {
        problem = reason;
        return false;
    }

    /// <summary>Decodes into the beginning of the room.</summary>
    static bool TryDecode(ReadOnlySpan<byte> part, Span<byte> room, out ReadOnlySpan<byte> decoded)
    {
        decoded = default;
        if (Base64Url.DecodeFromUtf8(part, room, out _, out var length) != OperationStatus.Done) return false;
        decoded = room[..length];
        // The decoder tolerates white space, padding and stray bits at the end. They are seen in the length, or in the last group.
        if (part.Length != Base64Url.GetEncodedLength(length)) return false;
        var tail = length % 3;
        if (tail == 0) return true;
        Span<byte> group = stackalloc byte[3];
        var written = Base64Url.EncodeToUtf8(decoded[^tail..], group);
        return part[^written..].SequenceEqual(group[..written]);
    }

    static bool TryReadHeader(ReadOnlySpan<byte> header, out Digest keyId)
    {
        keyId = default;
        return header.Length == HeaderStart.Length + Digest.TextLength + HeaderEnd.Length && header.StartsWith(HeaderStart) && header.EndsWith(HeaderEnd) &&
               Digest.TryParse(header.Slice(HeaderStart.Length, Digest.TextLength), out keyId);
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

/// <summary>The same over memory that somebody else holds.</summary>
readonly ref struct TokenView(Digest keyId, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
{
    public Digest KeyId { get; } = keyId;
    public ReadOnlySpan<byte> Payload { get; } = payload;
    public ReadOnlySpan<byte> Signed { get; } = signed;
    public ReadOnlySpan<byte> Signature { get; } = signature;
}
