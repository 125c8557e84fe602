using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Ratchet.Agent.Probes;

/// <summary>What a server agreed to.</summary>
/// <param name="Version">The version of TLS.</param>
/// <param name="Certificates">What it showed (DER): its own certificate first, then what vouches for it, in no order that counts.</param>
sealed record TlsOffer(SslProtocols Version, IReadOnlyList<byte[]> Certificates);

/// <summary>
/// A handshake of TLS 1.2 or 1.3 by the platform, over a connection that is open already, to see what the server shows. Nothing is
/// sent after it. Never used for older versions: the platform cannot speak them, and its refusal would look like the server's.
/// </summary>
static class TlsHandshake
{
    // An own certificate and three to five that vouch for it, with room.
    const int CertificateLimit = 12;

    /// <param name="name">The server name that is asked for (SNI); null: none.</param>
    /// <param name="protocol">The application protocol that is offered (ALPN); null: none.</param>
    /// <exception cref="IOException">It came to no certificate. A server that wants the client's certificate may end there with TLS 1.2.</exception>
    public static async Task<TlsOffer> AskAsync(Stream stream, string? name, string? protocol, CancellationToken cancel)
    {
        var shown = new List<byte[]>();
        using var tls = new SslStream(stream, leaveInnerStreamOpen: true);
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                // An address is sent as no name.
                TargetHost = name ?? "",
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                // Nobody is trusted here, so that the host's store is not loaded, and nothing is asked of the network.
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck },
#pragma warning disable MA0039, CA5359 // Nothing is sent: the certificate is looked at, whatever it is, and judged by its own rule.
                RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                {
                    if (certificate is not null) shown.Add(certificate.GetRawCertData());
                    shown.AddRange(chain?.ChainPolicy.ExtraStore.Take(CertificateLimit).Select(other => other.RawData) ?? []);
                    return true;
                },
#pragma warning restore MA0039, CA5359
                ApplicationProtocols = protocol is null ? null : [new SslApplicationProtocol(protocol)],
            }, cancel);
        }
        catch (Exception e) when (e is AuthenticationException or InvalidOperationException or IOException)
        {
            if (shown.Count == 0) throw new IOException($"the TLS handshake failed: {e.InnerException?.Message ?? e.Message}", e);
        }
        return shown.Count > 0 ? new TlsOffer(tls.SslProtocol, shown) : throw new IOException("the server showed no certificate");
    }
}
