using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>
/// A public key in SSH's wire form (RFC 4253 section 6.6): length-prefixed type, then numbers. An example:
/// <c>00 00 00 0b "ssh-ed25519" 00 00 00 20 …</c>
/// </summary>
/// <param name="Type">As sshd writes it: <c>ssh-rsa</c>, <c>ecdsa-sha2-nistp256</c>, <c>sk-ssh-ed25519@openssh.com</c>.</param>
/// <param name="Bits">Of the modulus or the curve; 0 for a type that is not known here.</param>
/// <param name="Fingerprint">As ssh-keygen -l prints it.</param>
sealed record SshKey(string Type, int Bits, string Fingerprint)
{
    const int LeastRsaBits = 2048;

    /// <summary>Why the key may not be used, or null.</summary>
    public string? Weakness =>
        Type.StartsWith("ssh-dss", StringComparison.Ordinal) ? "DSA is broken and no longer supported"
        : Type.StartsWith("ssh-rsa-cert-v00", StringComparison.Ordinal) ? "this old certificate form is no longer supported"
        : Type.StartsWith("ssh-rsa", StringComparison.Ordinal) && Bits < LeastRsaBits ? $"RSA with {Bits} bits is too short: 3072 are recommended, {LeastRsaBits} the least"
        : null;

    /// <exception cref="FormatException">It is not a key.</exception>
    public static SshKey Parse(ReadOnlySpan<byte> blob)
    {
        var rest = blob;
        var name = Encoding.ASCII.GetString(TakeString(ref rest));
        var type = TypeInside(name);
        var body = rest;
        // A certificate has a nonce before the key.
        if (type.Contains("-cert-v0", StringComparison.Ordinal)) TakeString(ref rest);
        var bits = type switch
        {
            "ssh-rsa" or "ssh-rsa-cert-v01@openssh.com" or "ssh-rsa-cert-v00@openssh.com" => RsaBits(ref rest),
            "ssh-dss" or "ssh-dss-cert-v01@openssh.com" or "ssh-dss-cert-v00@openssh.com" => BitLength(TakeString(ref rest)),
            "ssh-ed25519" or "ssh-ed25519-cert-v01@openssh.com" or "sk-ssh-ed25519@openssh.com" or "sk-ssh-ed25519-cert-v01@openssh.com" => Ed25519Bits(TakeString(ref rest)),
            _ when type.Contains("ecdsa-sha2-nistp", StringComparison.Ordinal) => CurveBits(TakeString(ref rest)),
            _ => 0, // a new type is no failure
        };
        return new SshKey(type, bits, "SHA256:" + Convert.ToBase64String(SHA256.HashData(type == name ? blob : Rename(type, body))).TrimEnd('='));
    }

    /// <summary>The type that a name before a key stands for: sshd takes the names that only signatures have, too (sshkey.c).</summary>
    public static string TypeOf(string name) => name switch
    {
        "rsa-sha2-256" or "rsa-sha2-512" => "ssh-rsa",
        "rsa-sha2-256-cert-v01@openssh.com" or "rsa-sha2-512-cert-v01@openssh.com" => "ssh-rsa-cert-v01@openssh.com",
        "webauthn-sk-ecdsa-sha2-nistp256@openssh.com" => "sk-ecdsa-sha2-nistp256@openssh.com",
        _ => name,
    };

    /// <summary>Inside of a key sshd takes short names as well, in any case.</summary>
    static string TypeInside(string name) => name.ToUpperInvariant() switch
    {
        "RSA" => "ssh-rsa",
        "DSA" => "ssh-dss",
        "ED25519" => "ssh-ed25519",
        "ED25519-SK" => "sk-ssh-ed25519@openssh.com",
        _ => TypeOf(name),
    };

    /// <summary>The key as sshd writes it, by the name of its type: fingerprints are of this form.</summary>
    static byte[] Rename(string type, ReadOnlySpan<byte> body) => [0, 0, 0, (byte)type.Length, .. Encoding.ASCII.GetBytes(type), .. body];

    /// <summary>The public key in the header of a private key file of OpenSSH (PROTOCOL.key); null where it is of another form.</summary>
    public static SshKey? OfPrivateFile(ReadOnlySpan<byte> file)
    {
        const string begin = "-----BEGIN OPENSSH PRIVATE KEY-----", end = "-----END";
        var first = file.IndexOf(Encoding.ASCII.GetBytes(begin));
        if (first < 0) return null;
        var body = file[(first + begin.Length)..];
        var last = body.IndexOf(Encoding.ASCII.GetBytes(end));
        if (last < 0) throw new FormatException("the key file is cut short");
        var bytes = new byte[body.Length];
        try
        {
            var rest = new ReadOnlySpan<byte>(bytes, 0, Decode(body[..last], bytes));
            if (!rest.StartsWith("openssh-key-v1\0"u8)) throw new FormatException("the key file has an unknown form");
            rest = rest["openssh-key-v1\0".Length..];
            // Cipher, key derivation and its options, then the number of keys.
            for (var i = 0; i < 3; i++) TakeString(ref rest);
            if (rest.Length < 4) throw new FormatException("the key file is cut short");
            rest = rest[4..];
            return Parse(TakeString(ref rest));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    static int Decode(ReadOnlySpan<byte> base64, byte[] bytes) =>
        System.Buffers.Text.Base64.DecodeFromUtf8(base64, bytes, out _, out var written) == System.Buffers.OperationStatus.Done
            ? written : throw new FormatException("the key file is not base64");

    static ReadOnlySpan<byte> TakeString(ref ReadOnlySpan<byte> rest)
    {
        if (rest.Length < 4 || BinaryPrimitives.ReadUInt32BigEndian(rest) is var length && length > rest.Length - 4) throw new FormatException("the key is cut short");
        var taken = rest.Slice(4, (int)length);
        rest = rest[(4 + (int)length)..];
        return taken;
    }

    static int RsaBits(ref ReadOnlySpan<byte> rest)
    {
        TakeString(ref rest); // the exponent
        return BitLength(TakeString(ref rest));
    }

    static int BitLength(ReadOnlySpan<byte> number) => (int)new BigInteger(number, isUnsigned: true, isBigEndian: true).GetBitLength();

    static int Ed25519Bits(ReadOnlySpan<byte> key) => key.Length == 32 ? 256 : throw new FormatException("an Ed25519 key has 32 bytes");

    static int CurveBits(ReadOnlySpan<byte> curve) =>
        curve.SequenceEqual("nistp256"u8) ? 256 : curve.SequenceEqual("nistp384"u8) ? 384 : curve.SequenceEqual("nistp521"u8) ? 521 : throw new FormatException("the curve is not known here");
}
