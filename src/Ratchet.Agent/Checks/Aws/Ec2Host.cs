using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Aws;

/// <summary>
/// An EC2 instance, as the firmware says: nothing is asked over the network before this is known, for at other clouds somebody else
/// answers at the same address.
/// </summary>
/// <param name="AssetTag">The instance id that a Nitro instance has in its DMI; null on Xen.</param>
sealed record Ec2Host(string? AssetTag)
{
    const string Directory = "/sys/class/dmi/id";
    const int SmallFile = 4096;

    /// <summary>Null where this is no EC2 instance.</summary>
    /// <exception cref="IOException">The kernel's files cannot be read.</exception>
    public static Ec2Host? Find(Machine machine)
    {
        if (machine.IsLive && machine.Status("/sys/class") is null) throw new IOException("/sys is not mounted: whether this is an EC2 instance cannot be told");
        // Nitro says it in both, bare metal in the board's, Xen in the version of the BIOS and the id of the domain.
        var isAmazon = Read(machine, $"{Directory}/sys_vendor") == "Amazon EC2" || Read(machine, $"{Directory}/board_vendor") == "Amazon EC2";
        var isXen = StartsWithEc2(Read(machine, "/sys/hypervisor/uuid")) || (Read(machine, $"{Directory}/bios_version")?.EndsWith(".amazon", StringComparison.Ordinal) == true && Read(machine, $"{Directory}/sys_vendor") == "Xen");
        if (!isAmazon && !isXen) return null;
        return new Ec2Host(Read(machine, $"{Directory}/board_asset_tag") is { } tag && IdentityDocument.IsInstanceId(tag) ? tag : null);
    }

    static bool StartsWithEc2(string? uuid) => uuid?.StartsWith("ec2", StringComparison.OrdinalIgnoreCase) == true;

    static string? Read(Machine machine, string path) => machine.ReadText(path, SmallFile)?.Trim();
}
