using Ratchet.Agent.Checks.Aws;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Checks.Disk;

enum Cover
{
    Encrypted,

    /// <summary>Only in memory; as good as encrypted, once swap is.</summary>
    Memory,
    Unknown,

    /// <summary>Some paths down are encrypted and at least one is not.</summary>
    Partly,
    Plain,
}

/// <param name="Reason">For unknown why, for partly and plain which path, for encrypted below the guest who attests it.</param>
readonly record struct Protection(Cover Cover, string? Reason = null)
{
    public bool IsSafe => Cover is Cover.Encrypted or Cover.Memory;
}

/// <summary>
/// What counts as encryption on this site: the guest's own, that of attested volumes, or either; and what follows from it for a
/// stack of layers. A stack is encrypted only where every path down is.
/// </summary>
/// <param name="central">What is attested of this instance centrally, and counts more than what the configuration says; null: the host is none of AWS's.</param>
sealed class DiskPolicy(DiskSettings settings, DateOnly today, Told<Attestation>? central = null)
{
    /// <summary>The longest time that an attestation holds: a yearly review, with a month's delay.</summary>
    const int AttestationDays = 400;

    readonly Dictionary<Layer, Protection> judged = [];
    readonly Dictionary<string, VolumeSettings> attestations = settings.Volumes.ToDictionary(volume => volume.Id);

    public DiskLayer Counts => settings.Layer;

    public bool HasAttestations => attestations.Count > 0;

    public VolumeSettings? Attestation(Volume volume) => central?.Value?.Of(volume) ?? (volume.Id is { } id ? attestations.GetValueOrDefault(id) : null);

    /// <summary>How a stack protects what lies on it.</summary>
    public Protection Judge(Layer layer)
    {
        if (judged.TryGetValue(layer, out var known)) return known;
        return judged[layer] = layer.Shield switch
        {
            Shield.Encrypts when settings.Layer != DiskLayer.Volume || layer.Below.Count == 0 => new Protection(Cover.Encrypted, layer.Reason),
            Shield.Encrypts => All(layer),
            Shield.Carries when All(layer) is { Cover: >= Cover.Partly } plain && layer.Reason is not null => plain with { Reason = $"{plain.Reason} ({layer.Reason})" },
            Shield.Carries => All(layer),
            Shield.EncryptsPartly => All(layer) is { IsSafe: true } below ? below : new Protection(Cover.Partly, layer.Reason),
            Shield.Unclear => layer.Below.Count > 0 && All(layer) is { IsSafe: true } below ? below : new Protection(Cover.Unknown, layer.Reason),
            Shield.Memory => new Protection(Cover.Memory),
            Shield.Disk => OfVolume(layer),
            _ => new Protection(Cover.Plain, layer.Reason ?? layer.Label),
        };
    }

    /// <summary>What an attestation says of a volume: encrypted, plain, or unknown with the reason.</summary>
    public Protection Attested(Volume volume) => Attestation(volume) switch
    {
        null when volume.Id is null => new Protection(Cover.Unknown, $"{volume.Name} shows no id by which it could be attested{Missing(volume)}"),
        null => new Protection(Cover.Unknown, $"nobody attests the encryption of {volume.Label} in disk.volumes{Missing(volume)}"),
        var a when a.At > today => new Protection(Cover.Unknown, $"the attestation of {volume.Label} is of {a.At:yyyy-MM-dd}, a day that has not come"),
        var a when a.At < today.AddDays(-AttestationDays) => new Protection(Cover.Unknown, $"the attestation of {volume.Label} is of {a.At:yyyy-MM-dd}, older than {AttestationDays} days"),
        { Encrypted: true } a => new Protection(Cover.Encrypted, $"{volume.Label} is encrypted, says {a.AttestedBy} of {a.At:yyyy-MM-dd}"),
        { } a => new Protection(Cover.Plain, $"{volume.Label} is not encrypted, says {a.AttestedBy} of {a.At:yyyy-MM-dd}"),
    };

    /// <summary>Why the central attestation does not say it either.</summary>
    string Missing(Volume volume) => central switch
    {
        null => "",
        { Problem: { } problem } => $", and {problem}",
        _ => $", nor does {central.Value!.Label}: {(volume.IsInstanceStore ? "it does not speak of instance store" : central.Value.Volumes is null ? "it speaks of no volumes" : "it was attached later, or is another's")}",
    };

    Protection OfVolume(Layer disk) => settings.Layer == DiskLayer.Guest || disk.Volume is null ? new Protection(Cover.Plain, $"nothing above {disk.Label} encrypts") : Attested(disk.Volume);

    Protection All(Layer layer)
    {
        if (layer.Below.Count == 0) return new Protection(Cover.Unknown, $"{layer.Label} does not show what it lies on");
        var below = layer.Below.Select(Judge).ToArray();
        var plain = below.FirstOrDefault(protection => protection.Cover >= Cover.Partly);
        if (plain.Cover >= Cover.Partly) return below.Any(protection => protection.Cover is not Cover.Plain) ? plain with { Cover = Cover.Partly } : plain;
        // The worst decides, and of equals the first.
        return below.MaxBy(protection => protection.Cover);
    }
}
