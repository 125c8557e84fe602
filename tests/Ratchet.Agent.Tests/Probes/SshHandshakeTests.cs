using System.Net;
using System.Net.Sockets;
using System.Text;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Probes;

/// <summary>Servers on loopback that are not what they seem.</summary>
public sealed class SshHandshakeTests
{
    [Theory]
    [InlineData("")]
    [InlineData("SSH-2.0-x\r\n")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("SSH-2.0-x\r\n\u00ff\u00ff\u00ff\u00ff\u0004")]
    [InlineData("SSH-2.0-x\r\n\0\0\0\u0008\u0004\u0014aaa")]
    [InlineData("SSH-2.0-x\r\n\0\0\0\u0008\u00ff\u0014aaabbbb")]
    public async Task What_is_no_key_exchange_throws(string answer) =>
        await Assert.ThrowsAnyAsync<IOException>(() => AskAsync(Encoding.Latin1.GetBytes(answer)));

    [Fact]
    public async Task An_endless_banner_throws() =>
        await Assert.ThrowsAnyAsync<IOException>(() => AskAsync(new byte[200_000]));

    [Fact]
    public void A_mutated_key_exchange_throws_or_is_read_but_never_breaks()
    {
        var random = new Random(5);
        byte[] good = [20, .. new byte[16], .. Enumerable.Range(0, 10).SelectMany(i => (byte[])[0, 0, 0, 3, (byte)'a', (byte)',', (byte)('b' + i)])];
        Assert.Equal(["a", "b"], SshHandshake.Parse(good).KeyExchange);
        Assert.Equal(["a", "d", "e"], SshHandshake.Parse(good).Ciphers);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = good[..random.Next(good.Length + 1)];
            if (bytes.Length > 0) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                SshHandshake.Parse(bytes);
            }
            catch (IOException)
            {
                // Refused is fine.
            }
        }
    }

    static async Task<SshOffer> AskAsync(byte[] answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var server = Task.Run(async () =>
        {
            using var client = await listener.AcceptSocketAsync();
            try
            {
                await client.SendAsync(answer);
                client.Shutdown(SocketShutdown.Send);
                await client.ReceiveAsync(new byte[1000]);
            }
            catch (SocketException)
            {
                // The other side had enough.
            }
        });
        try
        {
            return await SshHandshake.AskAsync((IPEndPoint)listener.LocalEndpoint, CancellationToken.None);
        }
        finally
        {
            await server;
        }
    }
}
