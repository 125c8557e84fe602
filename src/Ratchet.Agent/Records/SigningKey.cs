using System.Security.Cryptography;
using System.Text;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Shipping;

namespace Ratchet.Agent.Records;

/// <summary>
/// The host's private P-256 key. It is made on the host, never leaves it, and is readable by the service alone. A process that
/// holds one leaves no core dumps, and wipes what it reads and writes of it.
/// </summary>
sealed class SigningKey : IDisposable
{
    /// <summary>Bytes of a key file; one of P-256 has 241.</summary>
    const int FileLimit = 16 << 10;

    const string P256 = "1.2.840.10045.3.1.7";

    readonly ECDsa key;

    static SigningKey() => CoreDump.Forbid();

    SigningKey(ECDsa key)
    {
        this.key = key;
        Id = PublicKey.Of(key).Thumbprint;
    }

    /// <summary>The key id of its records: the RFC 7638 thumbprint.</summary>
    public string Id { get; }

    public static SigningKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads the key from a PKCS#8 PEM file; null where there is none.</summary>
    /// <exception cref="InvalidDataException">The file holds no P-256 key.</exception>
    public static SigningKey? Load(string path)
    {
        using var bytes = new SecretBuffer<byte>(FileLimit);
        using var pem = new SecretBuffer<char>(FileLimit);
        try
        {
            using var file = File.OpenHandle(path);
            var length = Encoding.Latin1.GetChars(bytes.Array.AsSpan(0, RandomAccess.Read(file, bytes.Array, fileOffset: 0)), pem.Array);
            return Import(pem.Array.AsSpan(0, length), path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Writes the key to a file that only its owner may read (mode 0600 before it has content), complete or not at all.</summary>
    public void Save(string path)
    {
        using var pkcs8 = new SecretBuffer<byte>(512);
        using var pem = new SecretBuffer<char>(1024);
        using var bytes = new SecretBuffer<byte>(1024);
        if (!key.TryExportPkcs8PrivateKey(pkcs8.Array, out var length) || !PemEncoding.TryWrite("PRIVATE KEY", pkcs8.Array.AsSpan(0, length), pem.Array, out var written))
            throw new CryptographicException("a P-256 key is longer than it can be");
        Encoding.ASCII.GetBytes(pem.Array.AsSpan(0, written), bytes.Array);
        DurableFile.Write(path, bytes.Array.AsSpan(0, written));
    }

    public byte[] Sign(byte[] data) => key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public PublicKey ToPublicKey(string? host) => PublicKey.Of(key, host);

    public void Dispose() => key.Dispose();

    static SigningKey Import(ReadOnlySpan<char> pem, string path)
    {
        var loaded = ECDsa.Create();
        try
        {
            loaded.ImportFromPem(pem);
            // Other curves have 256 bits, too.
            if (loaded.ExportParameters(includePrivateParameters: false).Curve.Oid is not { Value: P256 }) throw new CryptographicException("not a P-256 key");
            // Throws for a public key alone.
            loaded.SignHash(new byte[Digest.Length]);
            return new SigningKey(loaded);
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            loaded.Dispose();
            throw new InvalidDataException($"{path}: holds no P-256 private key ({e.Message}); move it away, and the agent makes a new one and says so in its records", e);
        }
    }
}
