using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// The block devices of the host by number, from <c>/sys/dev/block</c>: readable without privilege. Each is read once.
/// </summary>
sealed class DeviceTree(Machine machine)
{
    /// <summary>The size that sysfs says of each of its files, whatever is in it.</summary>
    public const int SmallFile = 4096;

    static readonly string[] Disks = ["sd", "hd", "vd", "xvd", "nvme", "mmcblk", "dasd", "pmem", "sr", "fd"];

    readonly Dictionary<string, BlockDevice?> known = [];
    Dictionary<string, string>? names;

    /// <summary>The numbers by kernel name.</summary>
    public IReadOnlyDictionary<string, string> Names => names ??= ReadNames();

    public static bool IsNumber(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon is > 0 and < 8 && text.Length is > 2 and < 16 && colon < text.Length - 1
            && !text.AsSpan(0, colon).ContainsAnyExceptInRange('0', '9') && !text.AsSpan(colon + 1).ContainsAnyExceptInRange('0', '9');
    }

    /// <summary>Null where sysfs does not know the device.</summary>
    /// <exception cref="IOException">Something that is there cannot be read.</exception>
    public BlockDevice? Of(string number) => known.TryGetValue(number, out var device) ? device : known[number] = Read(number);

    /// <summary>The number of the device that a path in /dev stands for; null where that cannot be told.</summary>
    public string? NumberOf(string path)
    {
        if (machine.Status(path)?.Device is { } number) return number;
        var real = machine.Resolve(path) ?? path;
        if (!real.StartsWith("/dev/", StringComparison.Ordinal)) return null;
        if (Names.TryGetValue(real[5..].Replace('/', '!'), out number)) return number;
        return real.StartsWith("/dev/mapper/", StringComparison.Ordinal)
            ? Names.FirstOrDefault(name => name.Key.StartsWith("dm-", StringComparison.Ordinal) && Of(name.Value)?.MapperName == real[12..]).Value
            : null;
    }

    /// <summary>The devices that lie on this one.</summary>
    public IEnumerable<BlockDevice> Holders(BlockDevice device)
    {
        var directory = $"/sys/dev/block/{device.Number}/holders";
        return (machine.List(directory) ?? []).Select(name => Number($"{directory}/{name}/dev")).OfType<string>().Select(Of).OfType<BlockDevice>();
    }

    BlockDevice? Read(string number)
    {
        var directory = $"/sys/dev/block/{number}";
        if (NameOf(directory) is not { } name) return null;
        if (name.StartsWith("dm-", StringComparison.Ordinal))
            return new BlockDevice(number, name, DeviceKind.Mapped, Slaves(directory)) { MapperName = Text($"{directory}/dm/name"), MapperId = Text($"{directory}/dm/uuid") };
        if (Text($"{directory}/partition") is not null)
            return new BlockDevice(number, name, DeviceKind.Partition, Number($"{directory}/../dev") is { } disk && disk != number ? [disk] : []);
        return KindOf(name) switch
        {
            DeviceKind.Disk when Slaves(directory) is [_, ..] slaves => new BlockDevice(number, name, DeviceKind.Opaque, slaves),
            DeviceKind.Disk => new BlockDevice(number, name, DeviceKind.Disk, [])
            {
                Model = Text($"{directory}/device/model"), Serial = Text($"{directory}/device/serial") ?? Text($"{directory}/serial"),
            },
            DeviceKind.Raid => new BlockDevice(number, name, DeviceKind.Raid, Slaves(directory)) { RaidLevel = Text($"{directory}/md/level") },
            DeviceKind.Loop => new BlockDevice(number, name, DeviceKind.Loop, []) { BackingFile = Text($"{directory}/loop/backing_file") },
            DeviceKind.Zram => new BlockDevice(number, name, DeviceKind.Zram, []) { BackingFile = Text($"{directory}/backing_dev") is { } file && file != "none" ? file : null },
            DeviceKind.Bcache => new BlockDevice(number, name, DeviceKind.Bcache, [.. Slaves(directory).Union(CacheParts(directory))]),
            var kind => new BlockDevice(number, name, kind, Slaves(directory)),
        };
    }

    static DeviceKind KindOf(string name) => name switch
    {
        ['m', 'd', (>= '0' and <= '9') or '_', ..] => DeviceKind.Raid,
        ['l', 'o', 'o', 'p', ..] => DeviceKind.Loop,
        ['z', 'r', 'a', 'm', ..] => DeviceKind.Zram,
        ['r', 'a', 'm', ..] => DeviceKind.Ram,
        ['b', 'c', 'a', 'c', 'h', 'e', (>= '0' and <= '9'), ..] => DeviceKind.Bcache,
        _ => Disks.Any(disk => name.StartsWith(disk, StringComparison.Ordinal)) ? DeviceKind.Disk : DeviceKind.Opaque,
    };

    /// <summary>The last part of the link that the entry is; of a plain directory what its uevent says.</summary>
    string? NameOf(string directory)
    {
        if (machine.ReadLink(directory) is { } link) return link[(link.LastIndexOf('/') + 1)..];
        return Text($"{directory}/uevent")?.Split('\n').FirstOrDefault(line => line.StartsWith("DEVNAME=", StringComparison.Ordinal))?[8..].Replace('/', '!');
    }

    string[] Slaves(string directory) =>
        [.. (machine.List($"{directory}/slaves") ?? []).Select(name => Number($"{directory}/slaves/{name}/dev") ?? throw new IOException($"{directory}/slaves/{name}: has no device number"))];

    /// <summary>The cached disk and the cache, should the slaves not name them.</summary>
    IEnumerable<string> CacheParts(string directory) =>
        (machine.List($"{directory}/bcache/cache") ?? []).Where(name => name is ['c', 'a', 'c', 'h', 'e', >= '0' and <= '9', ..])
        .Select(name => $"{directory}/bcache/cache/{name}/../dev").Prepend($"{directory}/bcache/../dev").Select(Number).OfType<string>();

    string? Number(string path) => Text(path) is { } number && IsNumber(number) ? number : null;

    /// <summary>A file's text, or null where there is none; sysfs ends each with a line feed and some with spaces.</summary>
    string? Text(string path) => machine.ReadText(path, SmallFile)?.Trim();

    Dictionary<string, string> ReadNames()
    {
        var all = new Dictionary<string, string>();
        foreach (var number in machine.List("/sys/dev/block") ?? [])
            if (IsNumber(number) && NameOf($"/sys/dev/block/{number}") is { } name) all.TryAdd(name, number);
        return all;
    }
}
