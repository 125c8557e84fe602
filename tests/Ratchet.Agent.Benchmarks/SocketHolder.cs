using System.Net;
using System.Net.Sockets;

namespace Ratchet.Agent.Benchmarks;

/// <summary>A process that makes sockets, says so with one line, and holds them until its input ends.</summary>
static class SocketHolder
{
    /// <summary>Listens on COUNT ports from FIRST on the wildcard address.</summary>
    public static int Listeners(int first, int count)
    {
        var held = new List<Socket>();
        for (var port = first; port < first + count; port++) held.Add(Listen(new IPEndPoint(IPAddress.Any, port)));
        return Hold(held);
    }

    /// <summary>Makes COUNT established connections to 127.0.1.NUMBER and holds both ends; a pair of addresses has 28,000 client ports.</summary>
    public static int Connections(int number, int count)
    {
        var server = new IPEndPoint(IPAddress.Parse($"127.0.1.{number}"), 9);
        var listener = Listen(server);
        var held = new List<Socket> { listener };
        for (var i = 0; i < count; i++)
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            client.Connect(server);
            held.Add(client);
            held.Add(listener.Accept());
        }
        return Hold(held);
    }

    static Socket Listen(IPEndPoint end)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(end);
        socket.Listen(16);
        return socket;
    }

    static int Hold(List<Socket> sockets)
    {
        Console.WriteLine("ready");
        Console.In.ReadToEnd();
        GC.KeepAlive(sockets);
        return 0;
    }
}
