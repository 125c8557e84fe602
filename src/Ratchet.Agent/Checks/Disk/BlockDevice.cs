namespace Ratchet.Agent.Checks.Disk;

enum DeviceKind
{
    /// <summary>A disk, real or given by a hypervisor: nothing of the guest lies below.</summary>
    Disk,
    Partition,

    /// <summary>Of the device mapper; <see cref="BlockDevice.MapperId"/> says what made it.</summary>
    Mapped,
    Raid,
    Loop,
    Bcache,
    Zram,

    /// <summary>A disk in memory.</summary>
    Ram,

    /// <summary>Of a driver that does not show in sysfs where its data goes.</summary>
    Opaque,
}

/// <summary>What sysfs says of a block device.</summary>
/// <param name="Number">MAJOR:MINOR.</param>
/// <param name="Name">The kernel's name: <c>sda1</c>, <c>dm-0</c>.</param>
/// <param name="Below">Numbers of the devices that it is made of; all of them.</param>
sealed record BlockDevice(string Number, string Name, DeviceKind Kind, IReadOnlyList<string> Below)
{
    /// <summary>The name under /dev/mapper.</summary>
    public string? MapperName { get; init; }

    /// <summary>The device mapper's uuid, whose prefix names the owner: <c>CRYPT-LUKS2-…</c>, <c>LVM-…</c>.</summary>
    public string? MapperId { get; init; }

    public string? RaidLevel { get; init; }

    /// <summary>Of a loop device the file, of zram the device that it writes pages to.</summary>
    public string? BackingFile { get; init; }

    public string? Model { get; init; }

    public string? Serial { get; init; }

    /// <summary>The file in /dev that the kernel itself makes.</summary>
    public string File => "/dev/" + Name.Replace('!', '/');
}
