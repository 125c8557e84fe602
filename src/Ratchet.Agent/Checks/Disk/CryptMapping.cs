using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>A dm-crypt device and what is known of its cipher.</summary>
/// <param name="Name">Under /dev/mapper.</param>
/// <param name="Format"><c>LUKS2</c>, <c>LUKS1</c>, <c>PLAIN</c>, <c>BITLK</c>, <c>TCRYPT</c>, … as cryptsetup writes it into the uuid.</param>
/// <param name="Ciphers">More than one during a re-encryption.</param>
/// <param name="Obstacle">Why the ciphers are not known; null where they are.</param>
sealed record CryptMapping(string Name, string Format, IReadOnlyList<Cipher> Ciphers, string? Obstacle)
{
    public LuksHeader? Header { get; init; }

    /// <summary>Where the cipher is read from.</summary>
    public string? Source { get; init; }

    /// <summary>The line of crypttab that sets it up.</summary>
    public CrypttabEntry? Entry { get; init; }

    /// <summary><c>LUKS2 aes-xts-plain64 512 bit argon2id</c>.</summary>
    public string Label => string.Join(' ', new[] { FormatName, string.Join(" and ", Ciphers), Header?.Kdfs.Select(kdf => kdf.Split(' ')[0]).Distinct().FirstOrDefault(), RandomKey }
        .Where(word => !string.IsNullOrEmpty(word)));

    string FormatName => Format switch { "PLAIN" => "dm-crypt", "BITLK" => "BitLocker", "TCRYPT" => "VeraCrypt", _ => Format };

    string? RandomKey => Entry is { HasRandomKey: true } && Format == "PLAIN" ? "random key" : null;

    /// <summary>The layer that the mapping is above its devices.</summary>
    public Layer ToLayer(IReadOnlyList<Layer> below)
    {
        var hasNull = Ciphers.Any(cipher => cipher.IsNull);
        if (Obstacle is not null) return Layer.Unclear(Label, Obstacle, below);
        if (Header is { HasDrivePart: true } && Ciphers.Count == 0) return Layer.Unclear(Label, $"{Name} leaves encryption to the drive (OPAL), which the guest cannot see into", below);
        if (Ciphers.All(cipher => cipher.IsNull)) return new Layer(Label, Shield.Carries, below) { Reason = $"{Name} has a null cipher" };
        return hasNull || Header is { HasPlainPart: true }
            ? new Layer(Label, Shield.EncryptsPartly, below) { Reason = $"{Name} is encrypted in part only: a re-encryption has not ended" }
            : new Layer(Label, Shield.Encrypts, below);
    }
}

/// <summary>Looks up the ciphers of dm-crypt devices: their tables are not in sysfs, so LUKS headers and crypttab are asked.</summary>
sealed class CryptMappings(Machine machine, DeviceTree devices, IReadOnlyList<CrypttabEntry> crypttab)
{
    const int DepthLimit = 8;

    // Formats that know no null cipher; their headers are themselves encrypted.
    static readonly string[] Closed = ["BITLK", "TCRYPT", "FVAULT2"];

    readonly Dictionary<string, CryptMapping> found = [];

    /// <summary>All that were asked for, in the order of their names.</summary>
    public IEnumerable<CryptMapping> Found => found.Values.OrderBy(mapping => mapping.Name, StringComparer.Ordinal);

    /// <summary><c>LUKS2</c> of <c>CRYPT-LUKS2-UUID-NAME</c>; null for a device that does not encrypt.</summary>
    public static string? FormatOf(BlockDevice device) =>
        device.MapperId is { } id && id.Split('-', 3) is ["CRYPT", var format, ..] && format is not ("VERITY" or "INTEGRITY" or "SUBDEV" or "TEMP") ? format : null;

    public CryptMapping Of(BlockDevice device, string format)
    {
        if (!found.TryGetValue(device.Number, out var mapping)) found[device.Number] = mapping = Read(device, format, device.MapperName ?? device.Name);
        return mapping;
    }

    CryptMapping Read(BlockDevice device, string format, string name)
    {
        var entry = crypttab.LastOrDefault(entry => entry.Name == name);
        if (Closed.Contains(format)) return new CryptMapping(name, format, [new Cipher(format.ToLowerInvariant(), null)], null) { Entry = entry };
        if (format is "LUKS1" or "LUKS2") return ReadLuks(device, format, name, entry) with { Entry = entry };
        return entry is not null && format == "PLAIN"
            ? new CryptMapping(name, format, [entry.Cipher], null) { Entry = entry, Source = entry.Option("cipher") is null ? $"{Crypttab.Path}, which leaves the cipher to cryptsetup's default" : Crypttab.Path }
            : new CryptMapping(name, format, [], $"the cipher of {name} stands nowhere: it has no header and no line in {Crypttab.Path}, so a null cipher cannot be ruled out");
    }

    CryptMapping ReadLuks(BlockDevice device, string format, string name, CrypttabEntry? entry)
    {
        string? obstacle = null;
        foreach (var (file, number) in HeaderPlaces(device, entry))
            try
            {
                if (LuksHeader.Read((offset, count) => machine.ReadAt(file, number, offset, count) ?? throw new IOException($"{file}: is not there")) is not { } header) continue;
                if (!Belongs(header, format, device.MapperId!))
                {
                    obstacle = $"the LUKS header on {file} is not the one that {name} was opened with";
                    continue;
                }
                return new CryptMapping(name, format, header.Ciphers, null) { Header = header, Source = file };
            }
            catch (Exception e) when (e is IOException or FormatException)
            {
                obstacle = $"the LUKS header of {name} cannot be read, so a null cipher cannot be ruled out: {e.Message}"
                    + (e is IOException ? " (it takes read access to block devices, and CAP_DAC_READ_SEARCH)" : "");
            }
        return new CryptMapping(name, format, [], obstacle ?? $"no LUKS header was found below {name}: it is detached, and {Crypttab.Path} does not name it with header=");
    }

    /// <summary>The UUID is repeated in the device mapper's: <c>CRYPT-LUKS2-0123…-NAME</c>.</summary>
    static bool Belongs(LuksHeader header, string format, string mapperId) =>
        format == $"LUKS{header.Version}" && mapperId.Split('-', 4) is [_, _, var uuid, ..] && uuid == header.Uuid;

    IEnumerable<(string File, string? Number)> HeaderPlaces(BlockDevice device, CrypttabEntry? entry)
    {
        if (entry?.Option("header") is ['/', ..] header) yield return (header, null);
        foreach (var below in Carriers(device, 0)) yield return (below.File, below.Number);
    }

    /// <summary>The header stands on the device below, or below the integrity and re-encryption layers between.</summary>
    IEnumerable<BlockDevice> Carriers(BlockDevice device, int depth)
    {
        if (depth > DepthLimit) yield break;
        foreach (var number in device.Below)
        {
            if (devices.Of(number) is not { } below) continue;
            var isBetween = below.MapperId?.StartsWith("CRYPT-", StringComparison.Ordinal) == true && FormatOf(below) is null;
            foreach (var carrier in isBetween ? Carriers(below, depth + 1) : [below]) yield return carrier;
        }
    }
}
