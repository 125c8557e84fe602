using System.Net;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Access;

/// <summary>The other end of the connection that an sshd serves.</summary>
static class SessionPeer
{
    // sshd takes its connection before all else: it is among the first.
    const int DescriptorLimit = 256;

    /// <summary>Null where it is not to be seen: the process has ended, holds no connection, or may not be looked at.</summary>
    public static IPAddress? Of(Machine machine, int pid)
    {
        try
        {
            var sockets = TcpConnection.SocketsOf(machine, pid, DescriptorLimit);
            return sockets.Count == 0 ? null : TcpConnection.InNamespaceOf(machine, pid).Where(connection => sockets.Contains(connection.Inode)).Select(connection => connection.Remote).FirstOrDefault();
        }
        catch (IOException)
        {
            // Without CAP_SYS_PTRACE: where it comes from is not known, and the verdict says so.
            return null;
        }
    }
}
