using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tls;

/// <summary>
/// Judges the certificates that listeners show: each by itself, by the name that it was asked for, and by who vouches for it. Nothing
/// is asked of the network, and the host's own store of authorities is not used.
/// </summary>
sealed class CertificateVerdict(TlsSettings settings, Machine machine, TrueTime time)
{
    const string ServerUse = "1.3.6.1.5.5.7.3.1";

    readonly Lazy<byte[]?> package = new(() => ServedCertificate.OfPackage(machine));
    X509Certificate2Collection? trusted;

    /// <summary>What its dates are held against.</summary>
    public TrueTime Time => time;

    public Finding Judge(TlsTarget target, WireFacts facts)
    {
        var (rule, subject) = (TlsRules.CertificateValid, target.Listener.Subject);
        // Where clients use names, what those see counts who use none are shown.
        var shown = facts.Names.Where(name => name.Certificates.Count > 0 && (name.Name is not null || target.Names.Count == 0)).ToList();
        if (shown.Count == 0) return Finding.Unknown(rule, subject, $"no certificate was seen: {facts.Names.FirstOrDefault(name => name.Problem.Length > 0)?.Problem ?? facts.Said}");
        var judged = shown.Select(name => Try(name, subject)).ToList();
        return judged.Find(finding => finding.Outcome == Outcome.Fail) ?? judged.Find(finding => finding.Outcome == Outcome.Unknown) ?? judged[0];
    }

    Finding Try(NameFacts name, string subject)
    {
        try
        {
            return Judge(name, subject);
        }
        catch (Exception e) when (e is IOException or CryptographicException or ArgumentException)
        {
            return Finding.Unknown(TlsRules.CertificateValid, subject, e.Message);
        }
    }

    Finding Judge(NameFacts name, string subject)
    {
        var rule = TlsRules.CertificateValid;
        using var certificate = ServedCertificate.Load(name.Certificates[0], "that it shows");
        var (evidence, who) = (certificate.ToEvidence(time.Now), (name.Name is null ? "the certificate" : $"the certificate for {name.Name}") + name.At);
        evidence.Add("asked_for", name.Name);
        if (certificate.FaultAt(time, settings.Renewal, package.Value) is { } fault) return Finding.Fail(rule, subject, $"{who} {fault}", evidence);
        if (name.Name is { } host && !certificate.Certificate.MatchesHostname(host, allowWildcards: true, allowCommonName: false)) return Finding.Fail(rule, subject, $"{who} is of another name", evidence);
        if (settings.CertificateAuthority is not { } authority)
            return Finding.Unknown(rule, subject, certificate.DoubtAt(time, settings.Renewal) is { } open ? $"{who} {open}" : $"{who} is good for {certificate.DaysLeft(time.Now)} days by itself; who vouches for it is not judged without tls.certificateAuthority", evidence);
        var (distrust, doubt) = Chain(certificate.Certificate, name.Certificates);
        return distrust is not null ? Finding.Fail(rule, subject, $"{who} is not vouched for by the authorities in {authority}: {distrust}", evidence)
            : certificate.DoubtAt(time, settings.Renewal) is { } dates ? Finding.Unknown(rule, subject, $"{who} {dates}", evidence)
            : doubt is not null ? Finding.Unknown(rule, subject, $"{who} is vouched for by another that {doubt}", evidence)
            : Finding.Pass(rule, subject, $"{who} is good for {certificate.DaysLeft(time.Now)} days{(name.Name is null ? "; its name is not judged without names in ports.allow" : "")}{time.Note}", evidence);
    }

    /// <summary>Why the chain does not lead to the configured authorities; where it does, which date of it cannot be judged.</summary>
    (string? Distrust, string? Doubt) Chain(X509Certificate2 certificate, IReadOnlyList<byte[]> shown)
    {
        using var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true,
                VerificationTime = time.Now.LocalDateTime,
            },
        };
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerUse));
        chain.ChainPolicy.CustomTrustStore.AddRange(trusted ??= Authorities());
        foreach (var other in shown.Skip(1)) chain.ChainPolicy.ExtraStore.Add(X509CertificateLoader.LoadCertificate(other));
        var isTrusted = chain.Build(certificate);
        var open = chain.ChainElements.Select(element => ServedCertificate.DoubtAt(element.Certificate, time)).FirstOrDefault(doubt => doubt is not null);
        // Out of date by a clock that nobody keeps is not out of date.
        if (isTrusted || (open is not null && chain.ChainStatus.All(status => status.Status == X509ChainStatusFlags.NotTimeValid))) return (null, open);
        return (string.Join(", ", chain.ChainStatus.Select(status => status.Status).Distinct()), null);
    }

    X509Certificate2Collection Authorities()
    {
        var (path, found) = (settings.CertificateAuthority!, new X509Certificate2Collection());
        found.ImportFromPem(machine.ReadText(path) ?? throw new IOException($"{path} (tls.certificateAuthority) is missing"));
        return found.Count > 0 ? found : throw new IOException($"{path} (tls.certificateAuthority) holds no certificate");
    }
}
