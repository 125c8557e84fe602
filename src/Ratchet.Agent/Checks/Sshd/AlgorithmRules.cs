namespace Ratchet.Agent.Checks.Sshd;

/// <summary>
/// The rules on algorithms: some are forbidden, one of the strong ones must be there, and a name that is not known here is
/// no failure, because vendors add new ones all the time.
/// </summary>
static class AlgorithmRules
{
    static readonly Controls Crypto = new(["164.312(e)(2)(ii)", "164.312(e)(1)", "164.312(e)(2)(i)"], ["09.m", "10.f", "01.j"]);

    public static IReadOnlyList<SettingRule> All { get; } =
    [
        new(new Rule("sshd.key-exchange", "Session keys are agreed without SHA-1 and without short groups", Severity.High,
                "Traffic recorded today is read later when its key exchange falls: 1024-bit groups are within reach, and SHA-1 signatures over the exchange can be forged (NIST SP 800-131A).",
                "Remove the named methods from KexAlgorithms, or delete the line and take OpenSSH's defaults.", Crypto),
            "KexAlgorithms without SHA-1 and 1024-bit groups", c => [.. KeyExchange(c)]),

        new(new Rule("sshd.ciphers", "Sessions are encrypted with AES-CTR, AES-GCM or ChaCha20", Severity.High,
                "CBC leaks plain text in SSH's packet format (CVE-2008-5161), and RC4, 3DES, Blowfish and CAST are broken or have blocks too short for a long session.",
                "Remove the named ciphers from Ciphers, or delete the line and take OpenSSH's defaults.", Crypto),
            "Ciphers in counter or authenticated modes only",
            c => [Judge("ciphers", c.Names("ciphers"), IsWeakCipher, name => name.Contains("-ctr", StringComparison.Ordinal) || name.Contains("-gcm", StringComparison.Ordinal) || Starts(name, "chacha20-"))]),

        new(new Rule("sshd.macs", "Sessions are authenticated with SHA-2 or UMAC-128", Severity.Medium,
                "OpenSSH's defaults still offer SHA-1, which NIST withdraws, and UMAC with 64-bit tags, which are short enough to forge by trying; a client that asks for them gets them.",
                "Set MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-512,hmac-sha2-256.", Crypto),
            "MACs without SHA-1, MD5, RIPEMD and 64- or 96-bit tags",
            c => [Judge("macs", c.Names("macs"), IsWeakMac, name => Starts(name, "hmac-sha2-") || Starts(name, "umac-128"))]),

        new(new Rule("sshd.host-key-algorithms", "The host proves itself without SHA-1 and DSA", Severity.High,
                "Who can forge a SHA-1 or DSA signature is the host to its clients, and reads what they send.",
                "Remove ssh-rsa and ssh-dss from HostKeyAlgorithms, or delete the line and take OpenSSH's defaults; RSA keys go on with rsa-sha2-512.", Crypto),
            "HostKeyAlgorithms without ssh-rsa and ssh-dss",
            c => [Judge("hostkeyalgorithms", c.Names("hostkeyalgorithms"), IsWeakSignature, name => !IsWeakSignature(name) && (name.Contains("ed25519", StringComparison.Ordinal) || name.Contains("ecdsa-sha2-", StringComparison.Ordinal) || Starts(name, "rsa-sha2-")))]),
    ];

    /// <summary>Names that signal a protocol feature, not an algorithm.</summary>
    public static bool IsPseudo(string name) => Starts(name, "kex-strict-") || Starts(name, "ext-info-");

    static IEnumerable<Observation> KeyExchange(EffectiveConfig config)
    {
        yield return Judge("kexalgorithms", config.Names("kexalgorithms").Where(name => !IsPseudo(name)), IsWeakExchange, IsStrongExchange);
        // Debian and Ubuntu carry the GSSAPI key exchange, a list of its own that counts only where it is on.
        if (config.Get("gssapikeyexchange") == "yes")
            yield return Judge("gssapikexalgorithms", config.Names("gssapikexalgorithms"), IsWeakExchange, _ => true);
    }

    static Observation Judge(string keyword, IEnumerable<string> names, Func<string, bool> weak, Func<string, bool> strong)
    {
        var all = names.ToArray();
        if (all.Length == 0) return new(keyword, null, null);
        var forbidden = all.Where(weak).ToArray();
        return new(keyword, string.Join(',', all),
            forbidden.Length > 0 ? $"offers {string.Join(", ", forbidden)}" : all.Any(strong) ? null : "offers none of the strong ones");
    }

    static bool IsWeakExchange(string name) =>
        name.EndsWith("-sha1", StringComparison.Ordinal) || name.Contains("-sha1-", StringComparison.Ordinal) || name.Contains("-group1-", StringComparison.Ordinal) || Starts(name, "rsa1024") || Starts(name, "sntrup4591761");

    static bool IsStrongExchange(string name) =>
        Starts(name, "curve25519-") || Starts(name, "sntrup761x25519-") || Starts(name, "mlkem768x25519-") || Starts(name, "ecdh-sha2-nistp") ||
        name is "diffie-hellman-group14-sha256" or "diffie-hellman-group16-sha512" or "diffie-hellman-group18-sha512" or "diffie-hellman-group-exchange-sha256";

    static bool IsWeakCipher(string name) =>
        name.Contains("-cbc", StringComparison.Ordinal) || Starts(name, "arcfour") || Starts(name, "3des") || Starts(name, "blowfish") || Starts(name, "cast128") || Starts(name, "des-") || name == "none";

    static bool IsWeakMac(string name) =>
        Starts(name, "hmac-sha1") || Starts(name, "hmac-md5") || Starts(name, "hmac-ripemd") || Starts(name, "umac-64") || name.Contains("-96", StringComparison.Ordinal) || name == "none";

    static bool IsWeakSignature(string name) => name == "ssh-rsa" || Starts(name, "ssh-rsa-cert-") || Starts(name, "ssh-dss");

    static bool Starts(string name, string start) => name.StartsWith(start, StringComparison.Ordinal);
}
