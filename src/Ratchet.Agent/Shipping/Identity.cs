using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Win32.SafeHandles;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Shipping;

/// <summary>The certificates of shipping as they lie in files: whom the host trusts, and as whom it speaks.</summary>
static class Identity
{
    static readonly SafeFileHandle Root = Libc.Open("/", Libc.PathOnly | Libc.DirectoryOnly, out _) ?? throw Libc.Failure("/");

    /// <summary>Differs when one of the files does.</summary>
    public static int Stamp(LogstashSettings settings) =>
        HashCode.Combine(Libc.Stamp(Root, settings.CertificateAuthority), Libc.Stamp(Root, settings.Certificate), Libc.Stamp(Root, settings.Key));

    /// <summary>TLS 1.2 or later, the server vouched for by the configured authorities alone, a client certificate with its chain.</summary>
    /// <exception cref="SettingsException">A file cannot be read, or certificate and key do not belong together.</exception>
    public static SslClientAuthenticationOptions Read(LogstashSettings settings)
    {
        var trusted = Read(settings.CertificateAuthority, "$.logstash.certificateAuthority", Certificates);
        var chain = Read(settings.Certificate, "$.logstash.certificate", Certificates);
        var client = Read(settings.Certificate, "$.logstash.certificate", path => X509Certificate2.CreateFromPemFile(path, settings.Key));
        return new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateContext = SslStreamCertificateContext.Create(client, chain, offline: true),
            // The private authority publishes no revocation lists; certificates are short-lived instead.
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = Policy(trusted),
        };
    }

    /// <summary>Trusts the configured authorities alone, not those of the system; the name is checked by SslStream.</summary>
    static X509ChainPolicy Policy(X509Certificate2Collection trusted)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(trusted);
        return policy;
    }

    static X509Certificate2Collection Certificates(string path)
    {
        var collection = new X509Certificate2Collection();
        collection.ImportFromPemFile(path);
        return collection.Count > 0 ? collection : throw new CryptographicException("holds no certificate");
    }

    static T Read<T>(string path, string place, Func<string, T> read)
    {
        try
        {
            return read(path);
        }
        // ArgumentException: the key is not that of the certificate.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new SettingsException(path, place, e.Message);
        }
    }
}
