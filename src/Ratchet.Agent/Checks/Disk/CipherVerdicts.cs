namespace Ratchet.Agent.Checks.Disk;

/// <summary>Judges the ciphers of all dm-crypt devices and encrypted datasets that the other rules came across.</summary>
static class CipherVerdicts
{
    public static IEnumerable<Finding> Judge(IEnumerable<CryptMapping> mappings, IReadOnlyDictionary<string, ZfsDataset> datasets)
    {
        var findings = mappings.Select(Judge)
            .Concat(datasets.Where(dataset => dataset.Value.IsEncrypted).Select(dataset => Judge(dataset.Key, dataset.Value.Encryption!))).ToList();
        return findings.Count > 0 ? findings : [Finding.NotApplicable(DiskRules.CipherStrong, "disk", "no device under a mount or swap is encrypted by dm-crypt, no dataset by ZFS")];
    }

    public static Finding Judge(CryptMapping mapping)
    {
        var (rule, subject, evidence) = (DiskRules.CipherStrong, "/dev/mapper/" + mapping.Name, EvidenceOf(mapping));
        if (mapping.Obstacle is not null) return Finding.Unknown(rule, subject, mapping.Obstacle, evidence);
        if (mapping.Header is { HasPlainKeySlot: true } && mapping.Ciphers.All(cipher => !cipher.IsNull))
            return Finding.Fail(rule, subject, $"a key slot of {mapping.Name} keeps the volume key without encryption", evidence);
        if (mapping.Format is "BITLK" or "TCRYPT" or "FVAULT2") return Finding.Unknown(rule, subject, $"the header of a {mapping.Format} device is itself encrypted, so its cipher is not shown", evidence);
        if (mapping.Ciphers.Count == 0) return Finding.Unknown(rule, subject, $"{mapping.Name} is encrypted by the drive, if at all", evidence);
        var (grade, reason) = mapping.Ciphers.Select(cipher => cipher.Judge()).MaxBy(judged => judged.Grade);
        return grade switch
        {
            Grade.Strong => Finding.Pass(rule, subject, $"{mapping.Name} uses {reason}", evidence),
            Grade.Weak => Finding.Fail(rule, subject, $"{mapping.Name}: {reason}", evidence),
            _ => Finding.Unknown(rule, subject, $"{mapping.Name}: {reason}", evidence),
        };
    }

    static Finding Judge(string dataset, string encryption) =>
        encryption.StartsWith("aes-256-", StringComparison.Ordinal) ? Finding.Pass(DiskRules.CipherStrong, dataset, $"dataset {dataset} uses {encryption}")
        : encryption.StartsWith("aes-", StringComparison.Ordinal) ? Finding.Fail(DiskRules.CipherStrong, dataset, $"dataset {dataset} uses {encryption}, a shorter key than 256 bit")
        : Finding.Unknown(DiskRules.CipherStrong, dataset, $"dataset {dataset} uses {encryption}, which this rule does not know");

    static Evidence EvidenceOf(CryptMapping mapping) => new()
    {
        { "format", mapping.Format }, { "ciphers", mapping.Ciphers.Select(cipher => cipher.ToString()) }, { "read_from", mapping.Source },
        { "key_slots", mapping.Header?.Kdfs.Count }, { "kdfs", mapping.Header?.Kdfs }, { "tokens", mapping.Header?.Tokens },
        { "requirements", mapping.Header?.Requirements is { Count: > 0 } requirements ? requirements : null }, { "header", mapping.Header?.Disagreement },
    };
}
