using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// Judges where the key of each line of crypttab, and of each ZFS dataset, comes from. A key file must be root's alone and lie on encryption itself; the
/// file is never opened.
/// </summary>
sealed class KeyVerdicts(Machine machine, MountTable mounts, Layers layers, DiskPolicy policy)
{
    // systemd-cryptsetup looks there by itself where crypttab names no key.
    static readonly string[] Implied = ["/etc/cryptsetup-keys.d", "/run/cryptsetup-keys.d"];
    static readonly string[] Devices = ["tpm2-device", "fido2-device", "pkcs11-uri"];
    static readonly string[] KnownScripts = ["decrypt_derived", "decrypt_keyctl"];

    static readonly Rule Rule = DiskRules.KeysProtected;

    public IReadOnlyList<Finding> Judge(IReadOnlyList<CrypttabEntry> crypttab, IReadOnlyDictionary<string, ZfsDataset> datasets)
    {
        const string file = "file://";
        var findings = crypttab.GroupBy(entry => entry.Name).Select(same => Guard(same.Key, () => JudgeEntry(same.Last()))).ToList();
        findings.AddRange(datasets.Where(dataset => dataset.Value.IsEncrypted && dataset.Value.KeyLocation?.StartsWith(file, StringComparison.Ordinal) == true)
            .Select(dataset => Guard(dataset.Key, () => JudgeFile(dataset.Key, dataset.Value.KeyLocation![file.Length..]))));
        return findings.Count > 0 ? findings : [Finding.NotApplicable(Rule, Crypttab.Path, $"{Crypttab.Path} names no encrypted device")];
    }

    static Finding Guard(string name, Func<Finding> judge)
    {
        try
        {
            return judge();
        }
        catch (IOException e)
        {
            return Finding.Unknown(Rule, name, $"the key of {name} cannot be looked at: {e.Message}");
        }
    }

    Finding JudgeEntry(CrypttabEntry entry)
    {
        if (entry.HasRandomKey) return Finding.Pass(Rule, entry.Name, $"{entry.Name} gets a new random key at each start ({entry.Key})");
        if (Devices.FirstOrDefault(device => entry.Option(device) is not null) is { } device) return Finding.Pass(Rule, entry.Name, $"the key of {entry.Name} is sealed ({device})");
        if (entry.Option("keyscript") is { } script)
            return KnownScripts.Contains(script.Split('/')[^1]) && entry.Key is not ['/', ..]
                ? Finding.Pass(Rule, entry.Name, $"the key of {entry.Name} comes from {script}, which keeps none on disk")
                : Finding.Unknown(Rule, entry.Name, $"the key of {entry.Name} comes from the program {script}; what it does is not known");
        var file = entry.Key ?? Implied.Select(directory => $"{directory}/{entry.Name}.key").FirstOrDefault(path => machine.Status(path) is not null);
        if (file is null) return Finding.Pass(Rule, entry.Name, $"the passphrase of {entry.Name} is asked for, or a token of its header gives it; no key file is named");
        // KEYFILE:DEVICE is a file on a device that is mounted for the moment.
        if (!file.StartsWith('/') || (file.Contains(':', StringComparison.Ordinal) && machine.Status(file) is null))
            return Finding.Unknown(Rule, entry.Name, $"the key of {entry.Name} is {file}, which is not a file of this host");
        return JudgeFile(entry.Name, file);
    }

    Finding JudgeFile(string name, string file)
    {
        if (machine.Status(file) is not { } status) return Finding.Unknown(Rule, name, $"the key file {file} of {name} is not there now; where it comes from at boot is not seen");
        var evidence = new Evidence { { "key_file", file }, { "mode", status.OctalMode }, { "uid", status.Uid } };
        if (status.Kind == FileKind.Socket) return Finding.Unknown(Rule, name, $"the key of {name} comes from the program behind {file}", evidence);
        var layer = status.Kind == FileKind.BlockDevice ? layers.OfDeviceFile(file) : layers.OfPath(file);
        var protection = policy.Judge(layer);
        DiskVerdict.Describe(layer, evidence);
        if (status.Kind == FileKind.Regular && (status.Uid != 0 || (status.Mode & 0b000_111_111) != 0))
            return Finding.Fail(Rule, name, $"the key file {file} of {name} is not root's alone (mode {status.OctalMode}, uid {status.Uid})", evidence);
        return protection switch
        {
            { Cover: Cover.Unknown } => Finding.Unknown(Rule, name, $"whether the key file {file} of {name} lies on encryption is not known: {protection.Reason}", evidence),
            { IsSafe: false } => Finding.Fail(Rule, name, $"the key file {file} of {name} lies in plain on {mounts.Holding(machine.Resolve(file) ?? file)?.Point ?? file}: who has the disk has the key", evidence),
            _ when CopyInBoot(file) is { } copy => copy with { Subject = name, Evidence = evidence },
            _ => Finding.Pass(Rule, name, $"the key file {file} of {name} is root's alone and lies {(protection.Cover == Cover.Memory ? "in memory" : "on encryption")}", evidence),
        };
    }

    /// <summary>Debian's KEYFILE_PATTERN copies key files into the initial RAM disk, which lies in /boot.</summary>
    Finding? CopyInBoot(string file)
    {
        const string hook = "/etc/cryptsetup-initramfs/conf-hook";
        var pattern = (machine.ReadText(hook) ?? "").Split('\n').Select(line => line.Trim()).LastOrDefault(line => line.StartsWith("KEYFILE_PATTERN=", StringComparison.Ordinal))?[16..].Trim('"', '\'');
        if (string.IsNullOrEmpty(pattern) || !pattern.Split(' ').Any(one => Wildcard.Matches(one, file))) return null;
        var boot = policy.Judge(layers.OfPath("/boot"));
        return boot.Cover switch
        {
            Cover.Encrypted or Cover.Memory => null,
            Cover.Unknown => Finding.Unknown(Rule, "", $"{hook} copies the key file {file} into /boot, and {boot.Reason}"),
            _ => Finding.Fail(Rule, "", $"{hook} copies the key file {file} into the initial RAM disk in /boot, which is not encrypted"),
        };
    }
}
