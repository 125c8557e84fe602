using System.Net;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Checks.Ports;

namespace Ratchet.Agent.Tests.Probes;

public sealed class ProcNetTests
{
    const string Tcp = HostTree.TcpHeader + """
           0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 31337 1 0000000031b95555 100 0 0 10 0
           1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1603 1 0000000031b95555 100 0 0 10 0
           2: 0100007F:0016 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 1604 1 0000000031b95555 100 0 0 10 0

        """;

    [Fact]
    public void Listeners_are_read_and_connections_are_not()
    {
        using var host = new HostTree().File("/proc/net/tcp", Tcp);
        Assert.Equal(
            [new BoundSocket(Protocol.Tcp, IPAddress.Loopback, 8080, null, 1000, 31337), new BoundSocket(Protocol.Tcp, IPAddress.Any, 22, null, 0, 1603)],
            Read(host, Protocol.Tcp));
    }

    [Theory]
    [InlineData("00000000000000000000000001000000", "::1")]
    [InlineData("0000000000000000FFFF00000100007F", "127.0.0.1")]
    [InlineData("B80D0120000000000000000001000000", "2001:db8::1")]
    public void IPv6_addresses_are_words_in_host_order_and_mapped_ones_mean_IPv4(string hexadecimal, string address)
    {
        using var host = new HostTree().Tcp6(($"{hexadecimal}:1F90", 5));
        Assert.Equal(IPAddress.Parse(address), Assert.Single(Read(host, Protocol.Tcp)).Address);
    }

    [Fact]
    public void An_IPv6_wildcard_is_v6_only_where_an_IPv4_wildcard_has_the_port()
    {
        var any = new string('0', 32);
        using var host = new HostTree().Tcp(("00000000:1F90", 1)).Tcp6(($"{any}:1F90", 2), ($"{any}:0016", 3));
        Assert.Equal([null, true, false], Read(host, Protocol.Tcp).Select(socket => socket.V6Only));
    }

    [Fact]
    public void Connected_udp_is_not_read()
    {
        using var host = new HostTree().File("/proc/net/udp", HostTree.Table("07", ("3500007F:0035", 1)) + "  9: 0100007F:8001 0100007F:0035 01 00000000:00000000 00:00000000 00000000 0 0 2 2 0 0\n");
        Assert.Equal(53, Assert.Single(Read(host, Protocol.Udp)).Port);
    }

    [Fact]
    public void An_sctp_endpoint_gives_a_socket_for_each_address()
    {
        using var host = new HostTree().File("/proc/net/sctp/eps",
            " ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS\n0000000000000000 0000000000000000 2   10  29   9999      0 4711 127.0.0.1 10.0.0.1 \n");
        Assert.Equal(["127.0.0.1", "10.0.0.1"], Read(host, Protocol.Sctp).Select(socket => socket.Address.ToString()));
    }

    [Fact]
    public void Every_prefix_of_a_table_throws_or_is_itself_a_table()
    {
        for (var length = 0; length < Tcp.Length; length++)
        {
            using var host = new HostTree().File("/proc/net/tcp", Tcp[..length]);
            if (length > 0 && Tcp[length - 1] == '\n') Read(host, Protocol.Tcp);
            else Assert.Throws<FormatException>(() => Read(host, Protocol.Tcp));
        }
    }

    [Theory]
    [InlineData("not a table\n")]
    [InlineData(HostTree.TcpHeader + "   0: 0100007F 00000000:0000 0A 0 0 0 0 0 0\n")]
    [InlineData(HostTree.TcpHeader + "   0: 0100007F:1FFFF 00000000:0000 0A 0 0 0 0 0 7\n")]
    [InlineData(HostTree.TcpHeader + "   0: 0100007F:1F90 00000000:0000 0A 0 0 0 -1 0 7\n")]
    [InlineData(HostTree.TcpHeader + "   0: 0100007F:1F90 00000000:0000 0A 0 0 0 99999999999 0 99999999999999999999999\n")]
    [InlineData(HostTree.TcpHeader + "\n")]
    [InlineData(HostTree.TcpHeader + "\0\u00ff\0 \0\n")]
    public void Rubbish_throws_and_the_file_is_named(string table)
    {
        using var host = new HostTree().File("/proc/net/tcp", table);
        Assert.Contains("/proc/net/tcp", Assert.Throws<FormatException>(() => Read(host, Protocol.Tcp)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_without_an_end_throws_and_does_not_grow()
    {
        using var host = new HostTree().File("/proc/net/tcp", HostTree.TcpHeader + new string('0', 10 << 20));
        Assert.Throws<FormatException>(() => Read(host, Protocol.Tcp));
    }

    [Fact]
    public void A_missing_table_is_told_from_an_empty_one()
    {
        using var host = new HostTree();
        Assert.False(ProcNet.TryRead(host.Machine, "/proc/77/net", Protocol.Tcp, []));
        Assert.True(ProcNet.TryRead(host.Machine, "/proc/net", Protocol.Tcp, []));
    }

    static List<BoundSocket> Read(HostTree host, Protocol protocol)
    {
        var sockets = new List<BoundSocket>();
        ProcNet.TryRead(host.Machine, "/proc/net", protocol, sockets);
        return sockets;
    }
}
