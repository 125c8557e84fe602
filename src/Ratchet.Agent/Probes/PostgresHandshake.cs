using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

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
    static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(5);

    // Length 8, then the number 1234.5679, which stands where a protocol version would.
    static readonly byte[] SslRequest = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

    /// <exception cref="IOException">It cannot be reached, does not answer in time, or what it says is not PostgreSQL.</exception>
    public static async Task<PostgresOffer> AskAsync(IPEndPoint server, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(TimeLimit);
        try
        {
            using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(server, limit.Token);
            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync(SslRequest, limit.Token);
            var answer = new byte[1];
            if (await stream.ReadAsync(answer, limit.Token) == 0) throw new IOException($"{server}: the server closed the connection when asked for TLS");
            return answer[0] switch
            {
                (byte)'S' => new PostgresOffer(true, await CertificateAsync(stream, server, limit.Token)),
                (byte)'N' => new PostgresOffer(false, null),
                _ => throw new IOException($"{server}: does not speak PostgreSQL"),
            };
        }
        catch (SocketException e)
        {
            throw new IOException($"{server}: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new IOException($"{server}: no answer within {TimeLimit.TotalSeconds} s", e);
        }
    }

    static async Task<byte[]> CertificateAsync(NetworkStream stream, IPEndPoint server, CancellationToken cancel)
    {
        byte[]? served = null;
        using var tls = new SslStream(stream, leaveInnerStreamOpen: true);
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                CertificateChainPolicy = new X509ChainPolicy { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck },
#pragma warning disable MA0039, CA5359 // Nothing is sent: the certificate is looked at, whatever it is, and judged by its own rule.
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    served = certificate?.GetRawCertData();
                    return true;
                },
#pragma warning restore MA0039, CA5359
                ApplicationProtocols = [new SslApplicationProtocol("postgresql")],
            }, cancel);
        }
        catch (System.Security.Authentication.AuthenticationException e) when (served is null)
        {
            throw new IOException($"{server}: the TLS handshake failed: {e.Message}", e);
        }
        return served ?? throw new IOException($"{server}: the server showed no certificate");
    }
}
