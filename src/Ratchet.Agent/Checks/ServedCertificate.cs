using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks;

/// <summary>A certificate as a server shows it, judged by what it says itself: dates, key, signature.</summary>
sealed class ServedCertificate : IDisposable
{
    public const string PackageFile = "/etc/ssl/certs/ssl-cert-snakeoil.pem";
    const int LeastRsa = 2048, LeastEc = 256;

    readonly X509Certificate2 certificate;

    readonly string key;
    readonly bool isShort;

    ServedCertificate(X509Certificate2 certificate)
    {
        this.certificate = certificate;
        using var rsa = certificate.GetRSAPublicKey();
        using var ec = certificate.GetECDsaPublicKey();
        key = rsa is not null ? $"RSA {rsa.KeySize}" : ec is not null ? $"EC {ec.KeySize}" : certificate.PublicKey.Oid.Value ?? "unknown";
        isShort = rsa is { KeySize: < LeastRsa } || ec is { KeySize: < LeastEc };
    }

    /// <param name="where">For the message: where it was seen.</param>
    /// <exception cref="IOException">It is none.</exception>
    public static ServedCertificate Load(byte[] bytes, string where)
    {
        try
        {
            return new ServedCertificate(X509CertificateLoader.LoadCertificate(bytes));
        }
        catch (CryptographicException e)
        {
            throw new IOException($"the certificate {where} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The first certificate of a PEM file, which is the one that a server shows (DER); null where there is no such file.</summary>
    /// <exception cref="IOException">It holds none, or may not be read.</exception>
    public static byte[]? Read(Machine machine, string path)
    {
        if (machine.ReadText(path) is not { } text) return null;
        try
        {
            using var first = X509Certificate2.CreateFromPem(text);
            return first.RawData;
        }
        catch (CryptographicException e)
        {
            throw new IOException($"{path} holds no certificate: {e.Message}", e);
        }
    }

    /// <summary>The certificate that the package ssl-cert made for this host; null where it made none.</summary>
    public static byte[]? OfPackage(Machine machine) => Read(machine, PackageFile);

    public X509Certificate2 Certificate => certificate;

    public int DaysLeft(DateTimeOffset now) => (int)Math.Floor((certificate.NotAfter.ToUniversalTime() - now.UtcDateTime).TotalDays);

    /// <summary>What is wrong with it, to follow "the certificate"; null: nothing.</summary>
    /// <param name="renewal">How long before its end it must have been renewed.</param>
    /// <param name="package">The package's own (<see cref="OfPackage"/>).</param>
    public string? FaultAt(TrueTime time, TimeSpan renewal, byte[]? package)
    {
        var (from, until) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        return time.HasPassed(until) == true ? $"expired on {until:yyyy-MM-dd}{time.Note}"
            : time.HasPassed(from) == false ? $"is valid only from {from:yyyy-MM-dd}{time.Note}"
            : package is not null && certificate.RawDataMemory.Span.SequenceEqual(package) ? "is the one that the package ssl-cert made: no client can tell it from a forged one"
            : time.HasPassed(until, renewal) == true ? $"expires on {until:yyyy-MM-dd}{time.Note}"
            : isShort ? $"has a short key ({key})"
            : IsSelfIssued ? null
            : certificate.SignatureAlgorithm.Value is "1.2.840.113549.1.1.5" or "1.2.840.113549.1.1.4" or "1.2.840.10045.4.1" ? "is signed with SHA-1 or MD5"
            : null;
    }

    /// <summary>Why its dates cannot be judged, where <see cref="FaultAt"/> finds none; null: they can.</summary>
    public string? DoubtAt(TrueTime time, TimeSpan renewal) => DoubtAt(certificate, time, renewal);

    /// <inheritdoc cref="DoubtAt(TrueTime, TimeSpan)"/>
    public static string? DoubtAt(X509Certificate2 certificate, TrueTime time, TimeSpan renewal = default) =>
        time.HasPassed(certificate.NotBefore) is null || time.HasPassed(certificate.NotAfter, renewal) is null
            ? $"is valid from {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd} to {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}, and {time.Doubt}"
            : null;

    public Evidence ToEvidence(DateTimeOffset now) => new()
    {
        { "subject", certificate.Subject }, { "issuer", certificate.Issuer }, { "not_after", new DateTimeOffset(certificate.NotAfter.ToUniversalTime()) }, { "days_left", DaysLeft(now) }, { "key", key },
    };

    /// <summary>It vouches for itself: how it is signed proves nothing, and spoils nothing.</summary>
    public bool IsSelfIssued => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    public void Dispose() => certificate.Dispose();
}
