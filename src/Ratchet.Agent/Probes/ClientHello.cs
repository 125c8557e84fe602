using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Ratchet.Agent.Probes;

/// <summary>Versions of TLS as they stand in the protocol.</summary>
enum TlsVersion
{
    Ssl30 = 0x0300,
    Tls10 = 0x0301,
    Tls11 = 0x0302,
    Tls12 = 0x0303,
}

/// <summary>
/// The first message of a client (RFC 2246, 4346, 5246), written here byte by byte: no library of today speaks TLS 1.0 and 1.1, and
/// one that refuses by itself cannot tell what the server would have done.
/// </summary>
/// <remarks>
/// It offers all that a server of its time may have: key exchange by RSA, DHE and ECDHE, keys of RSA, DSA and ECDSA, CBC, 3DES and
/// RC4, and the sign for safe renegotiation (RFC 5746). With fewer, "no suite in common" would look like "version refused".
/// </remarks>
static class ClientHello
{
    const byte Handshake = 22, HelloType = 1;
    const ushort NameExtension = 0, GroupsExtension = 10, PointsExtension = 11, SignaturesExtension = 13;

    static readonly ushort[] Suites =
    [
        0xc00a, 0xc009, 0xc014, 0xc013, 0xc008, 0xc012, 0xc007, 0xc011, 0x0039, 0x0038, 0x0033, 0x0032, 0x0016, 0x0013, 0x0088, 0x0087, 0x0045, 0x0044,
        0x0035, 0x002f, 0x0084, 0x0041, 0x000a, 0x0005, 0x0004, 0x0007, 0x0096,
    ];

    // GCM, ChaCha20 and the SHA-256 and SHA-384 suites came with TLS 1.2.
    static readonly ushort[] NewerSuites =
    [
        0xc02c, 0xc02b, 0xc030, 0xc02f, 0xcca9, 0xcca8, 0xccaa, 0x009f, 0x009e, 0xc0ad, 0xc0ac, 0xc024, 0xc023, 0xc028, 0xc027, 0x006b, 0x0067, 0x009d, 0x009c, 0x003d, 0x003c,
    ];

    const ushort SafeRenegotiation = 0x00ff;

    static readonly ushort[] Groups = [29, 23, 24, 25, 22, 30];

    static readonly ushort[] Signatures = [0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201, 0x0402, 0x0202];

    /// <param name="name">The server name that is asked for (RFC 6066); null: none.</param>
    public static byte[] Of(TlsVersion version, string? name)
    {
        var body = new Writer().Number((ushort)version).Bytes(RandomNumberGenerator.GetBytes(32))
            .Bytes([0]) // no session to resume
            .Counted(suites => suites.Numbers(version == TlsVersion.Tls12 ? [.. NewerSuites, .. Suites, SafeRenegotiation] : [.. Suites, SafeRenegotiation]))
            .Bytes([1, 0]) // no compression
            .Counted(extensions => Extend(extensions, version, name))
            .ToArray();
        var message = new Writer().Bytes([HelloType, 0]).Number((ushort)body.Length).Bytes(body).ToArray();
        // The record says 1.0 at most, for servers that refuse a number that they do not know.
        return new Writer().Bytes([Handshake]).Number((ushort)(version < TlsVersion.Tls10 ? version : TlsVersion.Tls10)).Number((ushort)message.Length).Bytes(message).ToArray();
    }

    static void Extend(Writer extensions, TlsVersion version, string? name)
    {
        if (name is not null)
            extensions.Number(NameExtension).Counted(extension => extension.Counted(names => names.Bytes([0]).Counted(host => host.Bytes(Encoding.ASCII.GetBytes(name)))));
        extensions.Number(GroupsExtension).Counted(extension => extension.Counted(groups => groups.Numbers(Groups)));
        extensions.Number(PointsExtension).Counted(extension => extension.Bytes([1, 0]));
        if (version == TlsVersion.Tls12)
            extensions.Number(SignaturesExtension).Counted(extension => extension.Counted(signatures => signatures.Numbers(Signatures)));
    }

    /// <summary>Bytes in network order, and vectors that say their length in two bytes before them.</summary>
    sealed class Writer
    {
        readonly List<byte> bytes = [];

        public Writer Bytes(ReadOnlySpan<byte> more)
        {
            bytes.AddRange(more);
            return this;
        }

        public Writer Number(ushort number)
        {
            Span<byte> two = stackalloc byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(two, number);
            return Bytes(two);
        }

        public Writer Numbers(IEnumerable<ushort> numbers)
        {
            foreach (var number in numbers) Number(number);
            return this;
        }

        public Writer Counted(Action<Writer> write)
        {
            var inner = new Writer();
            write(inner);
            return Number((ushort)inner.bytes.Count).Bytes(inner.ToArray());
        }

        public byte[] ToArray() => [.. bytes];
    }
}
