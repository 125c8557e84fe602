using System.Buffers.Binary;
using System.Text;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Probes;

/// <summary>The hello that old servers get, byte by byte.</summary>
public sealed class ClientHelloTests
{
    /// <summary>The record's version, the client's version, its suites.</summary>
    static (int Record, int Client, ushort[] Suites) Read(byte[] hello)
    {
        Assert.Equal((22, 1), (hello[0], hello[5]));
        Assert.Equal(hello.Length - 5, BinaryPrimitives.ReadUInt16BigEndian(hello.AsSpan(3)));
        const int suites = 5 + 4 + 2 + 32 + 1;
        var length = BinaryPrimitives.ReadUInt16BigEndian(hello.AsSpan(suites));
        return (BinaryPrimitives.ReadUInt16BigEndian(hello.AsSpan(1)), BinaryPrimitives.ReadUInt16BigEndian(hello.AsSpan(9)),
            [.. Enumerable.Range(0, length / 2).Select(i => BinaryPrimitives.ReadUInt16BigEndian(hello.AsSpan(suites + 2 + (2 * i))))]);
    }

    [Theory]
    [InlineData(0x0301)]
    [InlineData(0x0302)]
    public void It_offers_all_that_a_server_of_its_time_may_have(int version)
    {
        var (_, client, suites) = Read(ClientHello.Of((TlsVersion)version, null));
        Assert.Equal(version, client);
        // RSA, DHE and ECDHE with keys of RSA and ECDSA; CBC, 3DES, RC4; the sign of RFC 5746, without which some servers refuse.
        foreach (var suite in new ushort[] { 0x002f, 0x000a, 0x0005, 0x0033, 0x0016, 0xc013, 0xc012, 0xc011, 0xc009, 0x00ff }) Assert.Contains(suite, suites);
        // GCM came with 1.2.
        Assert.DoesNotContain((ushort)0xc02f, suites);
    }

    [Fact]
    public void The_record_says_1_0_for_servers_that_refuse_a_number_that_they_do_not_know() => Assert.Equal((0x0301, 0x0303), (Read(ClientHello.Of(TlsVersion.Tls12, null)).Record, Read(ClientHello.Of(TlsVersion.Tls12, null)).Client));

    [Fact]
    public void A_name_is_asked_for_where_there_is_one()
    {
        static bool Names(byte[] hello) => hello.AsSpan().IndexOf("portal.example"u8) >= 0;
        Assert.True(Names(ClientHello.Of(TlsVersion.Tls10, "portal.example")));
        Assert.False(Names(ClientHello.Of(TlsVersion.Tls10, null)));
        Assert.Contains("\0\0\0\u0013\0\u0011\0\0\u000eportal.example", Encoding.Latin1.GetString(ClientHello.Of(TlsVersion.Tls10, "portal.example")), StringComparison.Ordinal);
    }
}
