using System.Net.Sockets;
using System.Text;

namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>The service manager's end of sd_notify(3).</summary>
sealed class NotifySocket : IDisposable
{
    readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    readonly List<string> messages = [];

    public NotifySocket(string path)
    {
        Path = path;
        socket.Bind(new UnixDomainSocketEndPoint(path));
        _ = Task.Run(ReceiveAsync);
    }

    public string Path { get; }

    /// <summary>Each assignment that came, in order.</summary>
    public string[] Messages
    {
        get { lock (messages) return [.. messages]; }
    }

    public Task UntilAsync(Func<string[], bool> happened, string what) => Wait.UntilAsync(() => happened(Messages), $"{what} in {string.Join(", ", Messages)}");

    public void Dispose() => socket.Dispose();

    async Task ReceiveAsync()
    {
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                var length = await socket.ReceiveAsync(buffer);
                lock (messages) messages.AddRange(Encoding.UTF8.GetString(buffer, 0, length).Split('\n'));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
