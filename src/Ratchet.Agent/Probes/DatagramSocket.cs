using System.Net.Sockets;

namespace Ratchet.Agent.Probes;

enum SocketAnswer
{
    /// <summary>A process holds it open.</summary>
    Accepted,

    /// <summary>The file is there, and no process behind it.</summary>
    Refused,

    /// <summary>There is no such file, or it is no datagram socket.</summary>
    Absent,

    /// <summary>Connecting needs the right to write to the file.</summary>
    NotPermitted,
}

/// <summary>Datagram sockets in the file system (unix(7)) of this host.</summary>
static class DatagramSocket
{
    /// <summary>Connects and closes; nothing is sent, and the other side does not notice.</summary>
    public static SocketAnswer Ask(string path)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return SocketAnswer.Accepted;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return SocketAnswer.Refused;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            return SocketAnswer.NotPermitted;
        }
        catch (SocketException)
        {
            return SocketAnswer.Absent;
        }
    }
}
