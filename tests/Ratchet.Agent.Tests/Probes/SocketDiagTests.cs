using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Probes;

public sealed class SocketDiagTests
{
    static readonly Machine Host = new("/", Command.RunAsync);

    [Fact]
    public void A_v6_only_and_a_dual_listener_are_told_apart()
    {
        using var only = Listen(AddressFamily.InterNetworkV6, IPAddress.IPv6Any, dual: false);
        using var dual = Listen(AddressFamily.InterNetworkV6, IPAddress.IPv6Any, dual: true);
        var sockets = Read(Protocol.Tcp);
        Assert.True(sockets.Single(socket => socket.Port == PortOf(only)).V6Only);
        Assert.False(sockets.Single(socket => socket.Port == PortOf(dual)).V6Only);
    }

    [Fact]
    public void Of_tcp_only_what_listens_is_seen()
    {
        using var listener = Listen(AddressFamily.InterNetwork, IPAddress.Loopback);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        using var bound = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var ports = Read(Protocol.Tcp).ConvertAll(socket => socket.Port);
        Assert.Single(ports, PortOf(listener));
        Assert.DoesNotContain(PortOf(client), ports);
        Assert.DoesNotContain(PortOf(bound), ports);
    }

    [Fact]
    public void Of_udp_only_what_is_bound_and_not_connected_is_seen()
    {
        using var bound = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        using var connected = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        connected.Connect(IPAddress.Loopback, 9);
        var sockets = Read(Protocol.Udp);
        Assert.Contains(sockets, socket => socket.Port == PortOf(bound.Client) && socket.Address.Equals(IPAddress.Loopback));
        Assert.DoesNotContain(sockets, socket => socket.Port == PortOf(connected.Client));
    }

    [Fact]
    public void Netlink_and_proc_agree_on_this_host()
    {
        using var v4 = Listen(AddressFamily.InterNetwork, IPAddress.Loopback);
        using var dual = Listen(AddressFamily.InterNetworkV6, IPAddress.IPv6Any, dual: true);
        using var mapped = Listen(AddressFamily.InterNetworkV6, IPAddress.Loopback.MapToIPv6(), dual: true);
        var own = new[] { PortOf(v4), PortOf(dual), PortOf(mapped) };
        var proc = new List<BoundSocket>();
        Assert.True(ProcNet.TryRead(Host, "/proc/net", Protocol.Tcp, proc));
        // Other tests open and close sockets meanwhile: ours are compared.
        BoundSocket[] Ours(IEnumerable<BoundSocket> sockets) => [.. sockets.Where(socket => own.Contains(socket.Port)).OrderBy(socket => socket.Port)];
        Assert.Equal(3, Ours(proc).Length);
        // For an address that is no wildcard /proc does not know the flag.
        Assert.Equal(
            Ours(Read(Protocol.Tcp)).Select(socket => socket.Address.Equals(IPAddress.IPv6Any) ? socket : socket with { V6Only = null }), Ours(proc));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(87)]
    public void A_cut_off_answer_throws(int length) =>
        Assert.Throws<IOException>(() => SocketDiag.Parse(Message(20, new byte[72]).AsSpan(0, length), Protocol.Tcp, []));

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(89)]
    [InlineData(int.MaxValue)]
    public void An_impossible_length_throws(int length)
    {
        var message = Message(20, new byte[72]);
        BinaryPrimitives.WriteInt32LittleEndian(message, length);
        Assert.Throws<IOException>(() => SocketDiag.Parse(message, Protocol.Tcp, []));
    }

    [Fact]
    public void A_dump_that_the_kernel_calls_inconsistent_throws()
    {
        var message = Message(20, new byte[72]);
        message[6] = 0x10;
        Assert.Throws<IOException>(() => SocketDiag.Parse(message, Protocol.Tcp, []));
    }

    [Fact]
    public async Task A_kernel_that_does_not_answer_is_given_up()
    {
        const int sockDiag = 4;
        using var netlink = Libc.OpenNetlink(sockDiag, out _)!;
        // Nothing was asked.
        Assert.Contains("no answer of the kernel", (await Assert.ThrowsAsync<IOException>(() => Task.Run(() => Libc.Receive(netlink, new byte[4096])).WaitAsync(TimeSpan.FromMinutes(1)))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_end_gives_its_result_and_the_sockets_before_it_count()
    {
        var body = new byte[72];
        (body[0], body[1], body[4], body[5]) = (2, 10, 0x1F, 0x90);
        var sockets = new List<BoundSocket>();
        Assert.Equal(2, SocketDiag.Parse([.. Message(20, body), .. Message(3, [0xFE, 0xFF, 0xFF, 0xFF])], Protocol.Tcp, sockets));
        Assert.Equal(8080, Assert.Single(sockets).Port);
    }

    [Fact]
    public void Any_rubbish_throws_or_ends()
    {
        var random = new Random(1);
        for (var round = 0; round < 20_000; round++)
        {
            byte[] rubbish = [.. Message(20, new byte[72 + random.Next(64)]), .. Message(3, new byte[4])];
            for (var flips = random.Next(8); flips >= 0; flips--) rubbish[random.Next(rubbish.Length)] = (byte)random.Next(256);
            var sockets = new List<BoundSocket>();
            try
            {
                SocketDiag.Parse(rubbish, Protocol.Tcp, sockets);
            }
            catch (IOException)
            {
                continue;
            }
            Assert.InRange(sockets.Count, 0, 16);
        }
    }

    static byte[] Message(ushort type, byte[] body)
    {
        var message = new byte[16 + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), type);
        body.CopyTo(message, 16);
        return message;
    }

    static List<BoundSocket> Read(Protocol protocol)
    {
        var sockets = new List<BoundSocket>();
        Assert.True(SocketDiag.TryRead(protocol, sockets));
        return sockets;
    }

    static Socket Listen(AddressFamily family, IPAddress address, bool dual = false)
    {
        var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        if (family == AddressFamily.InterNetworkV6) socket.DualMode = dual;
        socket.Bind(new IPEndPoint(address, 0));
        socket.Listen(1);
        return socket;
    }

    static int PortOf(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;
}
