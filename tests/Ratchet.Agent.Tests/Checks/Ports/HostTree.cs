using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Checks.Ports;

/// <summary>A directory that looks like a host, made for one test and removed after it.</summary>
sealed class HostTree : IDisposable
{
    public const string TcpHeader = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    readonly string root = Directory.CreateTempSubdirectory("ratchet-host-").FullName;

    public HostTree()
    {
        File("/proc/net/tcp", TcpHeader).File("/proc/net/udp", TcpHeader).File("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\ntomcat:x:999:999::/:/usr/sbin/nologin\n");
        Link("/proc/self/ns/net", "net:[1]");
    }

    public Machine Machine => new(root, (_, _, _) => throw new CommandException("no commands"));

    public HostTree File(string path, string content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(root + path)!);
        System.IO.File.WriteAllText(root + path, content);
        return this;
    }

    public HostTree Link(string path, string target)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(root + path)!);
        System.IO.File.Delete(root + path);
        System.IO.File.CreateSymbolicLink(root + path, target);
        return this;
    }

    /// <summary>A process with sockets in hand; its descriptors count from 3.</summary>
    public HostTree Process(int id, string program, string controlGroup, int uid, params int[] inodes)
    {
        File($"/proc/{id}/status", $"Name:\t{System.IO.Path.GetFileName(program.Split(' ')[0])}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n");
        File($"/proc/{id}/cgroup", $"0::{controlGroup}\n");
        Link($"/proc/{id}/exe", program).Link($"/proc/{id}/ns/net", "net:[1]").Link($"/proc/{id}/fd/0", "/dev/null");
        for (var i = 0; i < inodes.Length; i++) Link($"/proc/{id}/fd/{3 + i}", $"socket:[{inodes[i]}]");
        return this;
    }

    public string Path(string path) => root + path;

    public HostTree End(int id)
    {
        Directory.Delete($"{root}/proc/{id}", recursive: true);
        return this;
    }

    /// <summary>Lines of a table: <c>0100007F:1F90</c> and an inode, in LISTEN.</summary>
    public HostTree Tcp(params (string Local, int Inode)[] sockets) => File("/proc/net/tcp", Table("0A", sockets));

    public HostTree Tcp6(params (string Local, int Inode)[] sockets) => File("/proc/net/tcp6", Table("0A", sockets));

    public HostTree Udp(params (string Local, int Inode)[] sockets) => File("/proc/net/udp", Table("07", sockets));

    public static string Table(string state, params (string Local, int Inode)[] sockets) =>
        TcpHeader + string.Concat(sockets.Select((socket, n) =>
            $"{n,4}: {socket.Local} {new string('0', socket.Local.IndexOf(':', StringComparison.Ordinal))}:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 {socket.Inode} 1 0000000000000000 100 0 0 10 0\n"));

    public void Dispose() => Directory.Delete(root, recursive: true);
}
