using System.Security.Cryptography;
using System.Text;
using Ratchet.Agent.Shipping;

namespace Ratchet.Agent.Records;

/// <summary>The host's private P-256 key. It is made on the host, never leaves it, and is readable by the service alone.</summary>
sealed class SigningKey : IDisposable
{
    readonly ECDsa key;

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
        char[] pem;
        try
        {
            pem = Encoding.ASCII.GetChars(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        var loaded = ECDsa.Create();
        try
        {
            loaded.ImportFromPem(pem);
            if (loaded.KeySize != 256) throw new CryptographicException("not a P-256 key");
            return new SigningKey(loaded);
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            loaded.Dispose();
            throw new InvalidDataException($"{path}: holds no P-256 private key ({e.Message}); move it away, and the agent makes a new one and says so in its records", e);
        }
        finally
        {
            Array.Clear(pem);
        }
    }

    /// <summary>Writes the key to a file that only its owner may read, complete or not at all.</summary>
    public void Save(string path)
    {
        var pem = key.ExportPkcs8PrivateKeyPem();
        DurableFile.Write(path, Encoding.ASCII.GetBytes(pem));
    }

    public byte[] Sign(byte[] data) => key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public PublicKey ToPublicKey(string? host) => PublicKey.Of(key, host);

    public void Dispose() => key.Dispose();
}
