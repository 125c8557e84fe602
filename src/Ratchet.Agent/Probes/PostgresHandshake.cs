using System.Net;

namespace Ratchet.Agent.Probes;

/// <summary>What a PostgreSQL server does when it is asked for TLS.</summary>
/// <param name="OffersTls">It answered the request with S, and the handshake came to its certificate.</param>
/// <param name="Certificate">The certificate that it serves (DER).</param>
sealed record PostgresOffer(bool OffersTls, byte[]? Certificate);

/// <summary>
/// Asks a PostgreSQL server for TLS (SSLRequest, PostgreSQL protocol 3), takes its certificate, and closes: nobody logs in,
/// and the server logs no more than that somebody connected.
/// </summary>
static class PostgresHandshake
{
    /// <summary>The protocol that PostgreSQL 17 and later wants to see in the handshake.</summary>
    public const string Protocol = "postgresql";

    // Length 8, then the number 1234.5679, which stands where a protocol version would.
    static readonly byte[] SslRequest = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

    /// <exception cref="IOException">It cannot be reached, does not answer in time, or what it says is not PostgreSQL.</exception>
    public static Task<PostgresOffer> AskAsync(IPEndPoint server, CancellationToken cancel) => Conversation.HoldAsync(server, async (stream, limit) =>
    {
        try
        {
            return await RequestTlsAsync(stream, limit)
                ? new PostgresOffer(true, (await TlsHandshake.AskAsync(stream, "localhost", Protocol, limit)).Certificates[0])
                : new PostgresOffer(false, null);
        }
        catch (IOException e)
        {
            throw new IOException($"{server}: {e.Message}", e);
        }
    }, cancel);

    /// <summary>Whether the server goes on in TLS: then the handshake comes next on the same connection.</summary>
    /// <exception cref="IOException">It says neither yes nor no.</exception>
    public static async Task<bool> RequestTlsAsync(Stream stream, CancellationToken cancel)
    {
        await stream.WriteAsync(SslRequest, cancel);
        var answer = new byte[1];
        if (await stream.ReadAsync(answer, cancel) == 0) throw new IOException("the server closed the connection when asked for TLS");
        return answer[0] switch
        {
            (byte)'S' => true,
            (byte)'N' => false,
            _ => throw new IOException("does not speak PostgreSQL"),
        };
    }
}
