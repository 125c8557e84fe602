namespace Ratchet.Agent.Checks.Tls;

/// <summary>The rules about what travels, judged on the wire.</summary>
static class TlsRules
{
    static readonly Controls Controls = new(["164.312(e)(2)(ii)", "164.312(e)(1)", "164.312(e)(2)(i)"], ["09.m", "10.f"]);

    public static readonly Rule Spoken = new(
        "tls.spoken", "Every TCP listener that other hosts can reach speaks TLS 1.2 or later", Severity.Critical,
        "Patient data, passwords and session cookies that cross a network in clear belong to everybody on the way; a configuration file that says TLS proves nothing about the wire.",
        "Give the listener a certificate and TLS, or bind it to loopback. Where it is in clear on purpose, or encrypted by a protocol of its own, say so in ports.allow: \"wire\": \"plain\" or \"own\".",
        Controls);

    public static readonly Rule OldRefused = new(
        "tls.old-refused", "No listener agrees to TLS 1.0 or 1.1", Severity.High,
        "TLS 1.0 and 1.1 rest on MD5 and SHA-1 and have been withdrawn (RFC 8996). Who sits between can have both sides fall back to them.",
        "Set the lowest version to TLS 1.2, for every name that the listener serves and for clients that name none (nginx: ssl_protocols in the default server; Tomcat: protocols of each SSLHostConfig; OpenSSL: MinProtocol).",
        Controls);

    public static readonly Rule CertificateValid = new(
        "tls.certificate-valid", "Every listener shows a certificate that is in date, strong, of its name and of a trusted authority", Severity.High,
        "A certificate that has ended is an outage; one that nobody can check teaches people to click warnings away, and then anybody can sit between.",
        "Renew the certificate and reload the server, with its chain. tls.certificateAuthority says whom the host's clients trust, names in ports.allow what they ask for, tls.renewal how early to renew.",
        Controls);

    public static readonly Rule RedirectOnly = new(
        "tls.redirect-only", "HTTP in clear does nothing but send clients to https", Severity.High,
        "One page, one cookie or one form that is served in clear is enough to take over the session that follows.",
        "Have the listener answer every path with 301 or 308 to https (nginx: return 301 https://$host$request_uri in its only location), or close it.",
        Controls);

    public static IReadOnlyList<Rule> All { get; } = [Spoken, OldRefused, CertificateValid, RedirectOnly];
}
