using System.Net;
using System.Net.Sockets;

namespace Ratchet.Agent.Shipping;

/// <summary>The addresses of a name.</summary>
delegate Task<IPAddress[]> Resolve(string host, CancellationToken cancel);

/// <summary>
/// Connects to a name that has several addresses, as RFC 8305 (happy eyeballs) has it: IPv6 and IPv4 in turn, the next one begun
/// when those before have failed or a quarter of a second has passed; the first that connects is used. The name is looked up for
/// each connection.
/// </summary>
sealed class Dialer(Resolve resolve)
{
    static readonly TimeSpan Stagger = TimeSpan.FromMilliseconds(250);

    public async ValueTask<Stream> ConnectAsync(DnsEndPoint target, CancellationToken cancel)
    {
        var addresses = InTurn(await resolve(target.Host, cancel));
        if (addresses.Count == 0) throw new SocketException((int)SocketError.HostNotFound);
        using var race = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var running = new List<Task<Socket>>();
        Exception? failure = null;
        while (addresses.Count + running.Count > 0)
        {
            if (addresses.TryDequeue(out var address)) running.Add(ConnectAsync(new IPEndPoint(address, target.Port), race.Token));
            Task[] awaited = addresses.Count > 0 ? [.. running, Task.Delay(Stagger, race.Token)] : [.. running];
            if (await Task.WhenAny(awaited) is not Task<Socket> ended) continue;
            running.Remove(ended);
            if (ended.IsCompletedSuccessfully)
            {
                await race.CancelAsync();
                foreach (var loser in running) _ = CloseAsync(loser);
                return new NetworkStream(await ended, ownsSocket: true);
            }
            failure = ended.Exception?.InnerException;
        }
        cancel.ThrowIfCancellationRequested();
        throw failure ?? new SocketException((int)SocketError.HostUnreachable);
    }

    /// <summary>IPv6 first, then the families in turn; within a family in the resolver's order.</summary>
    static Queue<IPAddress> InTurn(IPAddress[] addresses) =>
        new(addresses.GroupBy(address => address.AddressFamily)
            .SelectMany(family => family.Select((address, place) => (address, place)))
            .OrderBy(entry => entry.place).ThenBy(entry => entry.address.AddressFamily == AddressFamily.InterNetworkV6 ? 0 : 1)
            .Select(entry => entry.address));

    static async Task<Socket> ConnectAsync(IPEndPoint address, CancellationToken cancel)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancel);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    static async Task CloseAsync(Task<Socket> loser)
    {
        try
        {
            (await loser).Dispose();
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // It has not connected either.
        }
    }
}
