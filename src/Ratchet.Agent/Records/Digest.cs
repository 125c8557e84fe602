using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace Ratchet.Agent.Records;

/// <summary>A SHA-256: the hash of a record, or the RFC 7638 thumbprint of a key. Its text is base64url without padding, 43 characters.</summary>
readonly record struct Digest(ulong A, ulong B, ulong C, ulong D)
{
    public const int Length = 32, TextLength = 43;

    public static Digest Of(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<Digest>(bytes[..Length]);

    /// <summary>Reads the one canonical text of a digest.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out Digest digest)
    {
        digest = default;
        if (text.Length != TextLength) return false;
        Span<byte> bytes = stackalloc byte[Length], again = stackalloc byte[TextLength];
        if (Base64Url.DecodeFromUtf8(text, bytes, out _, out var length) != OperationStatus.Done || length != Length) return false;
        Base64Url.EncodeToUtf8(bytes, again);
        digest = Of(bytes);
        return again.SequenceEqual(text);
    }

    public void CopyTo(Span<byte> bytes) => MemoryMarshal.Write(bytes, this);

    public override string ToString() => Base64Url.EncodeToString(MemoryMarshal.AsBytes(new ReadOnlySpan<Digest>(in this)));
}
