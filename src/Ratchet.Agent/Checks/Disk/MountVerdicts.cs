namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// Judges every file system that is mounted, once: where it is mounted at several places, at the first of them that is not a
/// part of it. What is exempt is named with the reason.
/// </summary>
sealed class MountVerdicts(MountTable mounts, Layers layers, DiskPolicy policy)
{
    static readonly string[] Boot = ["/boot", "/efi"];

    public IEnumerable<Finding> Judge()
    {
        var all = mounts.All.Where(mount => FileSystems.KindOf(mount.Type) != FileSystemKind.Kernel).ToArray();
        var memory = all.Where(mount => FileSystems.KindOf(mount.Type) == FileSystemKind.Memory).Select(mount => mount.Point).Distinct().Order(StringComparer.Ordinal).ToArray();
        if (memory.Length > 0) yield return InMemory(memory);
        var judged = all.Where(mount => FileSystems.KindOf(mount.Type) != FileSystemKind.Memory).GroupBy(mount => mount.Device).Select(same => Judge([.. same.OrderBy(Rank).ThenBy(mount => mount.Point.Length).ThenBy(mount => mount.Point, StringComparer.Ordinal)]));
        // Of two that are mounted over each other the worse one counts.
        foreach (var same in judged.GroupBy(finding => finding.Subject)) yield return same.MinBy(finding => finding.Outcome switch { Outcome.Fail => 0, Outcome.Unknown => 1, _ => 2 })!;
    }

    static int Rank(Mount mount) => mount.Root == "/" ? 0 : 1;

    Finding Judge(Mount[] places)
    {
        var mount = places[0];
        var rule = DiskRules.MountsEncrypted;
        var layer = layers.OfMount(mount);
        var protection = policy.Judge(layer);
        var evidence = new Evidence { { "type", mount.Type }, { "source", mount.Source }, { "mounted_also_at", places.Length > 1 ? places.Skip(1).Select(place => place.Point) : null }, { "mounts_of", mounts.Source } };
        var finding = DiskVerdict.Of(rule, mount.Point, $"{mount.Point} ({mount.Type})", layer, protection, evidence);
        if (protection.IsSafe || Exemption(places) is not { } exemption) return finding;
        return Finding.NotApplicable(rule, mount.Point, exemption, evidence);
    }

    static string? Exemption(Mount[] places) =>
        FileSystems.KindOf(places[0].Type) == FileSystemKind.Image ? $"exempt: a {places[0].Type} image is made elsewhere and only read here"
        : places.All(IsBoot) ? "exempt: the boot loader reads it before there is a key; keep no data here"
        : null;

    /// <summary>The boot loader reads it before there is a key.</summary>
    public static bool IsBoot(Mount mount) => Boot.Any(boot => MountTable.Contains(boot, mount.Point));

    static Finding InMemory(string[] points) =>
        Finding.NotApplicable(DiskRules.MountsEncrypted, "memory", "exempt: in memory; what of it is swapped out is judged by disk.swap-encrypted", new Evidence { { "mounts", points } });
}
