using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>Judges where memory is written to: swap devices, swap files, zram, and the device of the hibernation image.</summary>
sealed class SwapVerdicts(Machine machine, DeviceTree devices, Layers layers, DiskPolicy policy)
{
    public IReadOnlyList<Finding> Judge() => [.. Guard("swap", Areas), .. Guard("hibernation image", Hibernation)];

    static IReadOnlyList<Finding> Guard(string subject, Func<IReadOnlyList<Finding>> judge)
    {
        try
        {
            return judge();
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return [Finding.Unknown(DiskRules.SwapEncrypted, subject, e.Message)];
        }
    }

    IReadOnlyList<Finding> Areas() => SwapTable.Read(machine) switch
    {
        null => [Finding.Unknown(DiskRules.SwapEncrypted, "swap", "there is no /proc/swaps to read")],
        [] => [Finding.Pass(DiskRules.SwapEncrypted, "swap", "no swap space is in use")],
        var areas => [.. areas.Select(Judge)],
    };

    Finding Judge(SwapArea area)
    {
        var layer = area.IsFile ? layers.OfPath(area.Path) : layers.OfDeviceFile(area.Path);
        return DiskVerdict.Of(DiskRules.SwapEncrypted, Subject(area), $"swap on {Subject(area)}", layer, policy.Judge(layer), new Evidence { { "kind", area.IsFile ? "file" : "device" } });
    }

    /// <summary>The number in dm-1 may be another one after the next boot.</summary>
    string Subject(SwapArea area) =>
        !area.IsFile && area.Path.StartsWith("/dev/dm-", StringComparison.Ordinal) && devices.NumberOf(area.Path) is { } number && devices.Of(number)?.MapperName is { } name ? "/dev/mapper/" + name : area.Path;

    /// <summary>Nothing where the kernel does not hibernate or was told no place for the image.</summary>
    IReadOnlyList<Finding> Hibernation()
    {
        if (machine.ReadText("/sys/power/resume", DeviceTree.SmallFile)?.Trim() is not { } number || number is "0:0") return [];
        if (machine.ReadText("/sys/power/disk", DeviceTree.SmallFile)?.Contains("[disabled]", StringComparison.Ordinal) == true) return [];
        if (!DeviceTree.IsNumber(number)) throw new FormatException("/sys/power/resume: is not a device number");
        var layer = layers.OfDevice(number);
        return [DiskVerdict.Of(DiskRules.SwapEncrypted, "hibernation image", "the place of the hibernation image", layer, policy.Judge(layer), [])];
    }
}
