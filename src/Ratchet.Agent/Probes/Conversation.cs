using System.Net;
using System.Net.Sockets;

namespace Ratchet.Agent.Probes;

/// <summary>A TCP connection to a listener of this host, under one time limit: connect, talk, close. Nothing is ever logged in to.</summary>
static class Conversation
{
    static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(5);

    /// <param name="talk">Gets the connection, and a token that ends with the time.</param>
    /// <param name="patience">How long it may take; null: 5 s.</param>
    /// <exception cref="IOException">It cannot be reached, breaks off, or does not come to an end in time.</exception>
    public static async Task<T> HoldAsync<T>(IPEndPoint server, Func<Stream, CancellationToken, Task<T>> talk, CancellationToken cancel, TimeSpan? patience = null)
    {
        var time = patience ?? TimeLimit;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(time);
        try
        {
            using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(server, limit.Token);
            await using var stream = new NetworkStream(socket);
            return await talk(stream, limit.Token);
        }
        catch (SocketException e)
        {
            throw new IOException($"{server}: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new IOException($"{server}: no answer within {time.TotalSeconds:0.#} s", e);
        }
    }

    /// <summary>Up to the first line break, or <paramref name="limit"/> bytes, or the end.</summary>
    public static async Task<byte[]> ReadLineAsync(Stream stream, int limit, CancellationToken cancel)
    {
        var (line, one) = (new List<byte>(), new byte[1]);
        while (line.Count < limit && await stream.ReadAsync(one, cancel) == 1 && one[0] != '\n') line.Add(one[0]);
        return [.. line];
    }
}
