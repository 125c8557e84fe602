using System.Security.Cryptography;
using System.Text;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Salt;

/// <summary>
/// Whether the minion knows its master's key beforehand: <c>master_finger</c>, or <c>verify_master_pubkey_sign</c> with the key that
/// signs. The key that is kept in minion_master.pub is compared at every connection, but was taken from whoever answered first.
/// </summary>
static class PinVerdict
{
    const int KeyLimit = 64 << 10;
    const string Subject = "minion";

    public static Finding Judge(Machine machine, SaltConfig config)
    {
        var rule = SaltRules.MasterPinned;
        var pki = config.PathOf("pki_dir", "/etc/salt/pki/minion");
        if (config.Text("master_type") == "disable") return Finding.NotApplicable(rule, Subject, "the minion has no master (master_type: disable)");
        if (config["open_mode"]?.Truth == true) return Finding.Fail(rule, Subject, "open_mode is on: the minion does not check the master's key");
        var (finger, signed) = (config.Text("master_finger"), config.IsOn("verify_master_pubkey_sign"));
        var evidence = new Evidence { { "fingerprint", finger is { Length: > 0 } ? finger : null }, { "verifyMasterPubkeySign", signed } };
        if (signed)
        {
            var signer = $"{pki}/{config.Text("master_sign_key_name") ?? "master_sign"}.pub";
            return machine.Status(signer) is null
                ? Finding.Unknown(rule, Subject, $"verify_master_pubkey_sign is on and {signer} is missing: the minion refuses every master", evidence)
                : Finding.Pass(rule, Subject, "the master's key must be signed by a key that the minion has", evidence);
        }
        if (string.IsNullOrEmpty(finger)) return Finding.Fail(rule, Subject, "neither master_finger nor verify_master_pubkey_sign is set: the minion trusted whoever answered first", evidence);
        var path = $"{pki}/minion_master.pub";
        if (machine.ReadBytes(path, KeyLimit) is not { } key) return Finding.Pass(rule, Subject, "the master's fingerprint is set; the minion has not met a master yet", evidence);
        if (Fingerprint(key, config.Text("hash_type") ?? "sha256") is not { } actual) return Finding.Unknown(rule, Subject, $"hash_type {config.Text("hash_type")} is not known to this agent", evidence);
        evidence.Add("masterKey", actual);
        return actual.Equals(finger.Trim(), StringComparison.OrdinalIgnoreCase)
            ? Finding.Pass(rule, Subject, "the master's key has the fingerprint that is set", evidence)
            : Finding.Fail(rule, Subject, $"{path} has another fingerprint than master_finger: the minion trusts a master that it should not, or cannot reach its own", evidence);
    }

    /// <summary>As Salt counts it: the hash of the lines between the first and the last, line feeds included.</summary>
    internal static string? Fingerprint(ReadOnlySpan<byte> pem, string hash)
    {
        var lines = Encoding.UTF8.GetString(pem).Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n').Where(line => line.Trim().Length > 0).ToArray();
        if (lines.Length < 3) throw new FormatException("minion_master.pub: is no key");
        var bytes = Encoding.UTF8.GetBytes(string.Concat(lines[1..^1].Select(line => line + "\n")));
        byte[]? digest = hash switch { "sha256" => SHA256.HashData(bytes), "sha384" => SHA384.HashData(bytes), "sha512" => SHA512.HashData(bytes), _ => null };
        return digest is null ? null : string.Join(':', digest.Select(octet => octet.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));
    }
}
