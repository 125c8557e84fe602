using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Ratchet.Agent.Probes;

/// <summary>What an SSH server offers in its key exchange (SSH_MSG_KEXINIT, RFC 4253 section 7.1), in its order.</summary>
sealed record SshOffer(IReadOnlyList<string> KeyExchange, IReadOnlyList<string> HostKeys, IReadOnlyList<string> Ciphers, IReadOnlyList<string> Macs);

/// <summary>Asks an SSH server for its algorithms: exchanges identifications, reads one packet, and closes. Nobody logs in.</summary>
static class SshHandshake
{
    const int ByteLimit = 64 << 10;
    const byte KexInit = 20;

    /// <exception cref="IOException">It cannot be reached, does not answer in time, or what it says is not SSH.</exception>
    public static Task<SshOffer> AskAsync(IPEndPoint server, CancellationToken cancel) => Conversation.HoldAsync(server, async (stream, limit) =>
    {
        await stream.WriteAsync("SSH-2.0-Ratchet\r\n"u8.ToArray(), limit);
        await ReadIdentificationAsync(stream, limit);
        return Parse(await ReadPacketAsync(stream, limit));
    }, cancel);

    /// <summary>The server may say other lines before its identification (RFC 4253 section 4.2).</summary>
    static async Task ReadIdentificationAsync(Stream stream, CancellationToken cancel)
    {
        var (line, one) = (new StringBuilder(), new byte[1]);
        for (var count = 0; count < ByteLimit; count++)
        {
            await stream.ReadExactlyAsync(one, cancel);
            if (one[0] != '\n')
            {
                line.Append((char)one[0]);
                continue;
            }
            if (line.ToString().StartsWith("SSH-2.0-", StringComparison.Ordinal)) return;
            line.Clear();
        }
        throw new IOException("the server does not identify itself as SSH");
    }

    static async Task<byte[]> ReadPacketAsync(Stream stream, CancellationToken cancel)
    {
        var header = new byte[5];
        await stream.ReadExactlyAsync(header, cancel);
        var length = BinaryPrimitives.ReadUInt32BigEndian(header);
        var padding = header[4];
        if (length > ByteLimit || length < padding + 2u) throw new IOException($"the server sends a packet of {length} bytes");
        var body = new byte[length - 1];
        await stream.ReadExactlyAsync(body, cancel);
        return body[..^padding];
    }

    /// <exception cref="IOException">It is no KEXINIT message.</exception>
    internal static SshOffer Parse(ReadOnlySpan<byte> message)
    {
        const int cookie = 16;
        if (message.Length < 1 + cookie || message[0] != KexInit) throw new IOException("the server's first packet is not its key exchange");
        var rest = message[(1 + cookie)..];
        var lists = new string[6][];
        for (var i = 0; i < lists.Length; i++)
        {
            if (rest.Length < 4 || BinaryPrimitives.ReadUInt32BigEndian(rest) is var length && length > rest.Length - 4) throw new IOException("the server's key exchange is cut short");
            lists[i] = Encoding.ASCII.GetString(rest.Slice(4, (int)length)).Split(',', StringSplitOptions.RemoveEmptyEntries);
            rest = rest[(4 + (int)length)..];
        }
        // Ciphers and MACs come once for each direction.
        return new SshOffer(lists[0], lists[1], [.. lists[2].Union(lists[3])], [.. lists[4].Union(lists[5])]);
    }
}
