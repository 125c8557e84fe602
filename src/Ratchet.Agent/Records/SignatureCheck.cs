using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Ratchet.Agent.Records;

/// <summary>
/// Verifies signatures of one key, for one thread: OpenSSL's <c>EVP_PKEY_verify(3)</c> with one context for all of them. The
/// framework makes a context, and copies of the key, for every signature; over millions of records that is a tenth of the time.
/// </summary>
sealed partial class SignatureCheck : IDisposable
{
    const int HashLength = 32, Half = 32;

    // The library that the framework itself has loaded.
    const string Library = "libcrypto.so.3";

    readonly Context context;

    /// <exception cref="CryptographicException">OpenSSL does not take the key.</exception>
    public SignatureCheck(SafeEvpPKeyHandle key)
    {
        var isHeld = false;
        try
        {
            key.DangerousAddRef(ref isHeld);
            // The context counts as a user of the key, which may be disposed before it.
            context = NewContext(key.DangerousGetHandle(), 0);
        }
        finally
        {
            if (isHeld) key.DangerousRelease();
        }
        if (context.IsInvalid || Begin(context) != 1) throw new CryptographicException("OpenSSL does not verify with this key");
    }

    /// <param name="hash">SHA-256 of what is signed.</param>
    /// <param name="signature">r and s, 32 bytes each, big-endian (RFC 7518, section 3.4).</param>
    public bool Accepts(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature)
    {
        if (hash.Length != HashLength || signature.Length != 2 * Half) return false;
        // SEQUENCE { INTEGER r, INTEGER s }: two bytes of head for each, and one more byte where a number's first bit is set.
        Span<byte> der = stackalloc byte[2 + (2 * (3 + Half))];
        var length = 2 + Integer(signature[..Half], der[2..]);
        length += Integer(signature[Half..], der[length..]);
        (der[0], der[1]) = (0x30, (byte)(length - 2));
        return Verify(context, der, (nuint)length, hash, (nuint)hash.Length) == 1;
    }

    public void Dispose() => context.Dispose();

    /// <summary>Writes a positive number as a DER INTEGER, which has no needless zeros in front; returns its length.</summary>
    static int Integer(ReadOnlySpan<byte> number, Span<byte> target)
    {
        var zeros = number.IndexOfAnyExcept((byte)0);
        number = zeros < 0 ? number[^1..] : number[zeros..];
        var sign = number[0] >> 7;
        (target[0], target[1], target[2]) = (0x02, (byte)(number.Length + sign), 0);
        number.CopyTo(target[(2 + sign)..]);
        return 2 + sign + number.Length;
    }

    /// <summary>An <c>EVP_PKEY_CTX</c>.</summary>
    sealed class Context() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
    {
        protected override bool ReleaseHandle()
        {
            Free(handle);
            return true;
        }
    }

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_new")]
    private static partial Context NewContext(nint key, nint engine);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_verify_init")]
    private static partial int Begin(Context context);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_verify")]
    private static partial int Verify(Context context, ReadOnlySpan<byte> signature, nuint signatureLength, ReadOnlySpan<byte> hash, nuint hashLength);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_free")]
    private static partial void Free(nint context);
}
