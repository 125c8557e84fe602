using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>A certificate authority of the test, and the PEM files that it issues.</summary>
sealed class Authority
{
    static readonly DateTimeOffset From = DateTimeOffset.UtcNow.AddHours(-1), Until = From.AddDays(1);

    readonly X509Certificate2 certificate;
    readonly Folder folder;
    readonly string prefix;

    public Authority(Folder folder, string prefix)
    {
        (this.folder, this.prefix) = (folder, prefix);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={prefix} authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        certificate = request.CreateSelfSigned(From, Until);
        File = folder.Write($"{prefix}/ca.pem", certificate.ExportCertificatePem());
    }

    /// <summary>PEM file of the authority's certificate.</summary>
    public string File { get; }

    /// <summary>A server's certificate for a name and 127.0.0.1, or for the name alone.</summary>
    public (string Certificate, string Key) Server(string name, bool withAddress = true) => Issue(name, "1.3.6.1.5.5.7.3.1", names =>
    {
        names.AddDnsName(name);
        if (withAddress) names.AddIpAddress(IPAddress.Loopback);
    });

    public (string Certificate, string Key) Client(string name) => Issue(name, "1.3.6.1.5.5.7.3.2", names => names.AddDnsName(name));

    (string Certificate, string Key) Issue(string name, string usage, Action<SubjectAlternativeNameBuilder> add)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        add(names);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(certificate, From, Until, RandomNumberGenerator.GetBytes(8));
        return (folder.Write($"{prefix}/{name}-{usage[^1]}.pem", issued.ExportCertificatePem()), folder.Write($"{prefix}/{name}-{usage[^1]}.key", key.ExportPkcs8PrivateKeyPem()));
    }
}
