using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>Everything that is mounted and swapped to, by what the guest itself encrypts: for who asks about a disk, not a file system.</summary>
static class DiskStacks
{
    /// <summary>What the boot loader reads before there is a key is left out, as the disk check exempts it.</summary>
    public static async Task<IReadOnlyList<(Layer Layer, Protection Protection)>> ReadAsync(Machine machine, DeviceTree devices, CancellationToken cancel)
    {
        var mounts = MountTable.Read(machine);
        var layers = new Layers(machine, mounts, devices, new CryptMappings(machine, devices, Crypttab.Read(machine)), await Zfs.AskAsync(machine, mounts.All, cancel));
        var policy = new DiskPolicy(new DiskSettings(), DateOnly.FromDateTime(machine.Now.UtcDateTime));
        var mounted = mounts.All.Where(mount => FileSystems.KindOf(mount.Type) is not (FileSystemKind.Kernel or FileSystemKind.Memory) && !MountVerdicts.IsBoot(mount)).Select(layers.OfMount);
        var swapped = (SwapTable.Read(machine) ?? []).Select(area => area.IsFile ? layers.OfPath(area.Path) : layers.OfDeviceFile(area.Path));
        return [.. mounted.Concat(swapped).Select(layer => (layer, policy.Judge(layer)))];
    }
}
