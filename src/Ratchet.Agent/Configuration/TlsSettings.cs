namespace Ratchet.Agent.Configuration;

/// <summary>What a TCP listener speaks.</summary>
enum Wire
{
    /// <summary>TLS, also where only this host can reach it.</summary>
    Tls,

    /// <summary>HTTP in the clear that does nothing but send clients to https, or TLS.</summary>
    Redirect,

    /// <summary>In the clear, on purpose. It is not connected to.</summary>
    Plain,

    /// <summary>Encrypted by a protocol of its own: SSH, Salt's, OpenVPN. It is not connected to.</summary>
    Own,
}

sealed record TlsSettings
{
    /// <summary>PEM file of the authorities that may vouch for the host's certificates; null: who vouches is not judged, and unknown.</summary>
    public string? CertificateAuthority { get; set; }

    /// <summary>Files that servers take their certificates from: when one changes, every listener is asked again.</summary>
    public IReadOnlyList<string> Certificates { get; set; } = [];

    /// <summary>How long before its end a certificate must have been renewed.</summary>
    public TimeSpan Renewal { get; set; } = TimeSpan.FromDays(14);
}
