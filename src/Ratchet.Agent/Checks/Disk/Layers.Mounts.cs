namespace Ratchet.Agent.Checks.Disk;

/// <summary>What each kind of file system lies on, and what it encrypts itself.</summary>
sealed partial class Layers
{
    static readonly string[] XfsDevices = ["logdev", "rtdev"];

    readonly ExternalJournals journals = new(machine, devices);

    Layer Build(Mount mount)
    {
        var label = $"{mount.Point} {mount.Type}";
        return FileSystems.KindOf(mount.Type) switch
        {
            FileSystemKind.Memory => new Layer(label, Shield.Memory),
            FileSystemKind.Network => NetworkMounts.LayerOf(mount, label),
            FileSystemKind.Overlay => Overlay(mount, label),
            FileSystemKind.Btrfs => new Layer(label, Shield.Carries, BtrfsDevices(mount)),
            FileSystemKind.Bcachefs => OfBcachefs(mount, label),
            FileSystemKind.Zfs => OfZfs(mount, label),
            FileSystemKind.ECryptfs => OfECryptfs(mount, label),
            FileSystemKind.Fuse => Layer.Unclear(label, $"a program serves {mount.Point} ({mount.Type}); where its data goes is not seen from here"),
            _ when mount.Device.StartsWith("0:", StringComparison.Ordinal) => Layer.Unclear(label, $"{mount.Type} on {mount.Source} shows no device"),
            _ => new Layer(label, Shield.Carries, [OfDevice(mount.Device), .. ExtraDevices(mount)]),
        };
    }

    /// <summary>XFS may keep its log and its real-time files on other devices, ext4 its journal, f2fs anything.</summary>
    IEnumerable<Layer> ExtraDevices(Mount mount) => mount.Type switch
    {
        "xfs" => XfsDevices.Select(mount.Option).OfType<string>().Select(OfDeviceFile),
        "ext3" or "ext4" => journals.Of(mount.Device).Select(OfDevice),
        "f2fs" => F2fsDevices(mount),
        _ => [],
    };

    Layer[] F2fsDevices(Mount mount)
    {
        try
        {
            return [.. F2fs.OtherDevices(Head(mount.Device, 0, F2fs.HeadSize)).Select(OfDeviceFile)];
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return [Layer.Unclear($"other devices of {mount.Point}", $"whether the f2fs on {mount.Point} spans other devices is not known: {e.Message}")];
        }
    }

    byte[] Head(string number, long offset, int count)
    {
        var file = devices.Of(number)?.File ?? throw new IOException($"sysfs does not know device {number}");
        return machine.ReadAt(file, number, offset, count) ?? throw new IOException($"{file}: is not there");
    }

    /// <summary>What is written goes to the upper and the work directory; without them only the lower ones are there.</summary>
    Layer Overlay(Mount mount, string label)
    {
        var directories = mount.Option("upperdir") is { } upper ? [upper, mount.Option("workdir") ?? upper] : (mount.Option("lowerdir") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return directories.Any(directory => Holding(directory)?.Device == mount.Device)
            ? Layer.Unclear(label, $"the directories of the overlay on {mount.Point} are not seen from here: it was mounted outside this container")
            : new Layer(label, Shield.Carries, [.. directories.Select(OfPath).Distinct()]);
    }

    /// <summary>All devices of the file system that the source belongs to; where that cannot be told, of all btrfs of the host.</summary>
    Layer[] BtrfsDevices(Mount mount)
    {
        const string all = "/sys/fs/btrfs";
        var file = (machine.List(all) ?? []).Select(id => (Path: $"{all}/{id}/devices", Names: machine.List($"{all}/{id}/devices"))).Where(one => one.Names is not null)
            .Select(one => one.Names!.Select(name => machine.ReadText($"{one.Path}/{name}/dev", DeviceTree.SmallFile)?.Trim() is { } number && DeviceTree.IsNumber(number)
                ? number : throw new IOException($"{one.Path}/{name}: has no device number")).ToArray()).ToArray();
        var source = devices.NumberOf(mount.Source);
        var own = file.FirstOrDefault(numbers => source is not null && numbers.Contains(source));
        if (own is null && file.Length == 0) throw new IOException($"{all}: does not name the devices of {mount.Source}");
        return [.. (own ?? [.. file.SelectMany(numbers => numbers)]).Distinct().Select(OfDevice)];
    }

    /// <summary>The source names all devices: <c>/dev/sda:/dev/sdb</c>.</summary>
    Layer OfBcachefs(Mount mount, string label)
    {
        var files = mount.Source.Split(':');
        Layer[] below = [.. files.Select(OfDeviceFile)];
        try
        {
            var heads = files.Select(file => devices.NumberOf(file) ?? throw new IOException($"{file} is not a device that sysfs knows"))
                .Select(number => Bcachefs.Parse(Head(number, Bcachefs.Offset, Bcachefs.HeadSize))).ToArray();
            if (heads.Any(head => head.Devices > files.Length)) return Layer.Unclear(label, $"the bcachefs on {mount.Point} has devices that its mount does not name");
            return heads.Any(head => !head.IsEncrypted) ? new Layer(label, Shield.Carries, below)
                : heads.Any(head => head.HasOpenKey) ? new Layer(label, Shield.Carries, below) { Reason = "bcachefs encrypts, and its key stands beside it in plain" }
                : new Layer($"{label} chacha20 256 bit", Shield.Encrypts, below);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return Layer.Unclear(label, $"whether the bcachefs on {mount.Point} is encrypted is not known: {e.Message} (it takes CAP_DAC_READ_SEARCH and read access to block devices)", below);
        }
    }

    Layer OfZfs(Mount mount, string label)
    {
        var dataset = datasets[mount.Source];
        if (dataset.Encryption is null) return Layer.Unclear(label, $"whether dataset {mount.Source} is encrypted is not known: {dataset.Obstacle}");
        if (dataset.IsEncrypted) return new Layer($"{label} {dataset.Encryption}", Shield.Encrypts);
        return dataset.PoolDevices.Count == 0
            ? Layer.Unclear(label, $"dataset {mount.Source} is not encrypted, and zpool does not say what its pool lies on")
            : new Layer(label, Shield.Carries, [.. dataset.PoolDevices.Select(file => file.StartsWith("/dev/", StringComparison.Ordinal) ? OfDeviceFile(file) : OfPath(file))]);
    }

    Layer OfECryptfs(Mount mount, string label) =>
        mount.Option("ecryptfs_passthrough") is not null
            ? Layer.Unclear(label, $"{mount.Point} lets files through that are not encrypted (ecryptfs_passthrough)", OfPath(mount.Source))
            : new Layer($"{label} {mount.Option("ecryptfs_cipher")}".TrimEnd(), Shield.Encrypts, OfPath(mount.Source));
}
