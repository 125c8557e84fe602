using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// Builds what a file system lies on, down to every disk: through partitions, dm-crypt, LVM, RAID, bcache, multipath, and through
/// loop devices into the file system that holds their file. Nothing is asked of a program but ZFS.
/// </summary>
sealed partial class Layers(Machine machine, MountTable mounts, DeviceTree devices, CryptMappings mappings, IReadOnlyDictionary<string, ZfsDataset> datasets)
{
    const int DepthLimit = 48;

    readonly Dictionary<string, Layer> known = [];

    // What is being built further up: a device or file system that lies on itself would have no end.
    readonly HashSet<string> open = [];

    /// <summary>The file system of a mount, with all below it.</summary>
    public Layer OfMount(Mount mount) => Once($"mount {mount.Device}", () => Build(mount), $"{mount.Point} {mount.Type}");

    public Layer OfDevice(string number) => Once(number, () => devices.Of(number) is { } device ? Build(device) : Layer.Unclear($"device {number}", $"sysfs does not know device {number}"), $"device {number}");

    /// <summary>The device that a file in /dev stands for.</summary>
    public Layer OfDeviceFile(string path) => Guard(path, () => devices.NumberOf(path) is { } number ? OfDevice(number) : Layer.Unclear(path, $"{path} is not a device that sysfs knows"));

    /// <summary>The file system that holds a path; links in it are followed.</summary>
    public Layer OfPath(string path) => Guard(path, () => Holding(path) is { } mount ? OfMount(mount) : Layer.Unclear(path, $"which file system holds {path} cannot be told"));

    // A path that is gone or not seen from here still begins with the mount that it lies on.
    Mount? Holding(string path) => (machine.Resolve(path) ?? path) is ['/', ..] real ? mounts.Holding(real) : null;

    Layer Once(string key, Func<Layer> build, string label)
    {
        if (known.TryGetValue(key, out var layer)) return layer;
        if (open.Count >= DepthLimit) return Layer.Unclear(label, $"{label} lies on more than {DepthLimit} layers");
        if (!open.Add(key)) return Layer.Unclear(label, $"{label} seems to lie on itself");
        layer = known[key] = Guard(label, build);
        open.Remove(key);
        return layer;
    }

    /// <summary>What cannot be read makes one layer unclear, not the whole sweep.</summary>
    static Layer Guard(string label, Func<Layer> build)
    {
        try
        {
            return build();
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return Layer.Unclear(label, e.Message);
        }
    }

    Layer Build(BlockDevice device)
    {
        Layer[] Below() => [.. device.Below.Select(OfDevice)];
        if (device.Kind == DeviceKind.Mapped) return CryptMappings.FormatOf(device) is { } format ? mappings.Of(device, format).ToLayer(Below()) : Mapped(device, [.. Below(), .. SnapshotStores(device)]);
        return device.Kind switch
        {
            DeviceKind.Disk when Volume.Of(device) is var volume => new Layer(volume.Label, Shield.Disk) { Volume = volume },
            DeviceKind.Ram => new Layer(device.Name, Shield.Memory),
            DeviceKind.Zram when device.BackingFile is null => new Layer(device.Name, Shield.Memory),
            DeviceKind.Zram => new Layer(device.Name, Shield.Carries, OfDeviceFile(device.BackingFile!)),
            DeviceKind.Loop when device.BackingFile is null => Layer.Unclear(device.Name, $"{device.Name} has no file"),
            DeviceKind.Loop => new Layer($"{device.Name} ({device.BackingFile})", Shield.Carries, OfBackingFile(device.BackingFile!)),
            DeviceKind.Raid => new Layer($"{device.Name} {device.RaidLevel}".TrimEnd(), Shield.Carries, Below()),
            DeviceKind.Partition or DeviceKind.Bcache => new Layer(device.Name, Shield.Carries, Below()),
            _ => Layer.Unclear(device.Name, $"{device.Name} does not show in sysfs where its data goes", Below()),
        };
    }

    /// <summary>A loop device may stand on a block device as well as on a file.</summary>
    Layer OfBackingFile(string path)
    {
        if (path.StartsWith("/dev/", StringComparison.Ordinal) && devices.NumberOf(path) is { } number) return OfDevice(number);
        var real = machine.Resolve(path);
        // The path of a file in a mount that is not ours begins at that mount, and would be taken for one of the root.
        if (machine.IsLive && real is null) return Layer.Unclear(path, $"{path} is not there: it was removed, or lies in a mount of another namespace");
        return mounts.Holding(real ?? path) is { } mount ? OfMount(mount) : Layer.Unclear(path, $"which file system holds {path} cannot be told");
    }

    /// <summary>
    /// Where LVM's snapshots put what is overwritten in their origin: not below the origin (<c>…-real</c>), but beside it, below
    /// the snapshots that hold it.
    /// </summary>
    IEnumerable<Layer> SnapshotStores(BlockDevice device) =>
        device.MapperId?.EndsWith("-real", StringComparison.Ordinal) != true ? []
        : devices.Holders(device).SelectMany(snapshot => snapshot.Below).Distinct().Select(devices.Of).OfType<BlockDevice>()
            .Where(store => store.MapperId?.EndsWith("-cow", StringComparison.Ordinal) == true).Select(store => OfDevice(store.Number));

    static Layer Mapped(BlockDevice device, Layer[] below)
    {
        var (id, name) = (device.MapperId ?? "", device.MapperName ?? device.Name);
        if (id.StartsWith("LVM-", StringComparison.Ordinal)) return new Layer("LV " + VolumeName(name), Shield.Carries, below);
        if (id.StartsWith("mpath-", StringComparison.Ordinal)) return new Layer($"multipath {name}", Shield.Carries, below);
        if (id.StartsWith("CRYPT-INTEGRITY", StringComparison.Ordinal)) return new Layer($"dm-integrity {name}", Shield.Carries, below);
        if (id.StartsWith("CRYPT-VERITY", StringComparison.Ordinal)) return new Layer($"dm-verity {name}", Shield.Carries, below);
        return id.StartsWith("part", StringComparison.Ordinal) || id.StartsWith("DMRAID-", StringComparison.Ordinal) || id.StartsWith("stratis-", StringComparison.Ordinal) || id.StartsWith("VDO-", StringComparison.Ordinal)
            ? new Layer(name, Shield.Carries, below)
            : Layer.Unclear(name, $"{name} is a device-mapper device of an unknown kind ({(id.Length == 0 ? "no uuid" : id)}); whether it encrypts is not shown without its table", below);
    }

    /// <summary><c>vg--one-data</c> is <c>vg-one/data</c>: hyphens within a name are doubled.</summary>
    static string VolumeName(string name) =>
        string.Join('/', name.Replace("--", "\0", StringComparison.Ordinal).Split('-', 2)).Replace('\0', '-');
}
