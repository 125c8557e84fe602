namespace Ratchet.Agent.Checks.Disk;

/// <summary>What a layer does for the data above it.</summary>
enum Shield
{
    /// <summary>Nothing: as good as the layers below, all of them.</summary>
    Carries,
    Encrypts,

    /// <summary>Encrypts a part and leaves another as it is.</summary>
    EncryptsPartly,

    /// <summary>Cannot be told, for the <see cref="Layer.Reason"/>: unknown, unless all below is encrypted.</summary>
    Unclear,

    /// <summary>The end: a disk, which the guest sees as plain.</summary>
    Disk,

    /// <summary>The end: something that leaves the host unencrypted and is no disk.</summary>
    Plain,

    /// <summary>The end: gone when the power is.</summary>
    Memory,
}

/// <summary>A file system or a device with what it lies on. Layers are shared: two logical volumes lie on the same disk.</summary>
sealed class Layer(string label, Shield shield, params IReadOnlyList<Layer> below)
{
    public string Label { get; } = label;

    public Shield Shield { get; } = shield;

    public IReadOnlyList<Layer> Below { get; } = below;

    /// <summary>Why it cannot be told, or what is left plain.</summary>
    public string? Reason { get; init; }

    /// <summary>The disk at the end.</summary>
    public Volume? Volume { get; init; }

    public static Layer Unclear(string label, string reason, params IReadOnlyList<Layer> below) => new(label, Shield.Unclear, below) { Reason = reason };

    /// <summary>The layer and everything below it, each once.</summary>
    public IReadOnlyCollection<Layer> Reach()
    {
        var seen = new HashSet<Layer> { this };
        var open = new Stack<Layer>(seen);
        while (open.TryPop(out var layer))
            foreach (var next in layer.Below)
                if (seen.Add(next)) open.Push(next);
        return seen;
    }
}

/// <summary>A disk as the host is given it.</summary>
/// <param name="Name">The kernel's name, which may be another one after the next boot.</param>
/// <param name="Id">The EBS volume id, or the serial number; null where the disk shows neither.</param>
/// <param name="Model">As sysfs says it.</param>
sealed record Volume(string Name, string? Id, string? Model)
{
    const string Ebs = "Amazon Elastic Block Store", InstanceStore = "Amazon EC2 NVMe Instance Storage";

    public bool IsInstanceStore => Model == InstanceStore;

    public string Subject => Id ?? Name;

    public string Label => Id is null ? Name : $"{Name} ({Id})";

    /// <summary>Every disk of the host that can be one of a cloud's, by id.</summary>
    public static IReadOnlyList<Volume> Find(DeviceTree devices) =>
    [
        .. devices.Names.Where(name => CanBeVolume(name.Key)).Select(name => devices.Of(name.Value)).OfType<BlockDevice>().Where(device => device.Kind == DeviceKind.Disk)
            .Select(Of).DistinctBy(volume => volume.Subject).OrderBy(volume => volume.Subject, StringComparer.Ordinal),
    ];

    // Partitions of sda are told from it when they are read; optical and floppy drives hold no data of the host.
    static bool CanBeVolume(string name) => name.StartsWith("nvme", StringComparison.Ordinal) && !name.Contains('p', StringComparison.Ordinal)
        || name.StartsWith("sd", StringComparison.Ordinal) || name.StartsWith("vd", StringComparison.Ordinal) || name.StartsWith("xvd", StringComparison.Ordinal);

    public static Volume Of(BlockDevice disk) => new(disk.Name, IdOf(disk.Model, disk.Serial), disk.Model);

    /// <summary>The serial number of an EBS volume is its id without the hyphen.</summary>
    static string? IdOf(string? model, string? serial) =>
        string.IsNullOrEmpty(serial) ? null
        : model == Ebs && serial.StartsWith("vol", StringComparison.Ordinal) && !serial.StartsWith("vol-", StringComparison.Ordinal) ? "vol-" + serial[3..]
        : serial;
}
