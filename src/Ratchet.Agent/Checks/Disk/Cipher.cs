namespace Ratchet.Agent.Checks.Disk;

enum Grade
{
    Strong,
    Unknown,
    Weak,
}

/// <summary>A cipher in the words of dm-crypt and the size of its key.</summary>
/// <param name="Spec"><c>aes-xts-plain64</c>, <c>aes-cbc-essiv:sha256</c>, <c>xchacha12,aes-adiantum-plain64</c>, <c>capi:xts(aes)-plain64</c>.</param>
/// <param name="KeyBits">Bits of the volume key that go to the cipher; null where nothing says it.</param>
/// <param name="IsAuthenticated">With authentication tags (LUKS2 integrity).</param>
sealed record Cipher(string Spec, int? KeyBits, bool IsAuthenticated = false)
{
    const int LeastBits = 256;

    static readonly string[] StrongBlocks = ["aes", "serpent", "twofish", "camellia", "sm4"];
    static readonly string[] WeakBlocks = ["des", "des3_ede", "blowfish", "cast5", "cast6", "arc4", "tea", "xtea", "anubis", "khazad", "fcrypt"];

    public bool IsNull => Spec.Contains("cipher_null", StringComparison.Ordinal) || Spec is "null" || Spec.StartsWith("null-", StringComparison.Ordinal);

    public override string ToString() => KeyBits is { } bits ? $"{Spec} {bits} bit" : Spec;

    /// <summary>The grade, and the reason for it.</summary>
    /// <remarks>256 bits of XTS are two keys of 128: AES-128, which is strong enough.</remarks>
    public (Grade Grade, string Reason) Judge()
    {
        if (IsNull) return (Grade.Weak, $"{Spec} is a null cipher: it encrypts nothing");
        var (grade, reason) = JudgeSpec();
        if (grade != Grade.Strong) return (grade, reason);
        if (KeyBits is null) return (Grade.Unknown, $"{Spec} with a key of unknown size");
        return KeyBits < LeastBits
            ? (Grade.Weak, $"{this} has a shorter key than {LeastBits} bit")
            : (Grade.Strong, Spec.StartsWith("aes-xts", StringComparison.Ordinal) ? $"{this} (AES-{KeyBits / 2})" : ToString());
    }

    (Grade, string) JudgeSpec()
    {
        var (block, mode, iv) = Parts();
        if (WeakBlocks.Contains(block) || mode is "ecb" || iv is "null") return (Grade.Weak, $"{Spec} is weak");
        if (block is "xchacha12,aes" or "xchacha20,aes" && mode is "adiantum") return (Grade.Strong, Spec);
        if (block is "aes" or "chacha20" or "aegis128" or "aegis256" && mode is "gcm" or "random" or "poly1305")
            return IsAuthenticated ? (Grade.Strong, Spec) : (Grade.Unknown, $"{Spec} without authentication tags is not a form that is known to be safe");
        if (!StrongBlocks.Contains(block)) return (Grade.Unknown, $"{Spec} is not a cipher that this rule knows");
        return mode switch
        {
            "xts" => (Grade.Strong, Spec),
            "cbc" or "lrw" when iv.StartsWith("essiv", StringComparison.Ordinal) || iv is "benbi" or "random" or "eboiv" => (Grade.Strong, Spec),
            "cbc" or "" => (Grade.Weak, $"{Spec} uses predictable initialisation vectors, which show where data is the same"),
            "lrw" or "hctr2" => (Grade.Strong, Spec),
            _ => (Grade.Unknown, $"{Spec} is not a mode that this rule knows"),
        };
    }

    /// <summary>Cipher, mode and initialisation vector, of both ways to write them.</summary>
    (string Block, string Mode, string Iv) Parts()
    {
        var spec = Spec.StartsWith("capi:", StringComparison.Ordinal) ? Spec[5..] : Spec;
        var (open, close) = (spec.IndexOf('(', StringComparison.Ordinal), spec.IndexOf(')', StringComparison.Ordinal));
        if (open > 0 && close > open) return (spec[(open + 1)..close], spec[..open], spec[(close + 1)..].TrimStart('-'));
        var parts = spec.Split('-', 3);
        return (parts[0], parts.Length > 1 ? parts[1] : "", parts.Length > 2 ? parts[2] : "");
    }
}
