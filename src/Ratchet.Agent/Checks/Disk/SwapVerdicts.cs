using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>Judges where memory is written to: swap devices, swap files, zram, and the device of the hibernation image.</summary>
sealed class SwapVerdicts(Machine machine, DeviceTree devices, Layers layers, DiskPolicy policy)
{
    public IReadOnlyList<Finding> Judge()
    {
        var findings = new List<Finding>();
        try
        {
            if (SwapTable.Read(machine) is { } areas) findings.AddRange(areas.Select(Judge));
            else findings.Add(Finding.Unknown(DiskRules.SwapEncrypted, "swap", "there is no /proc/swaps to read"));
            if (findings.Count == 0) findings.Add(Finding.Pass(DiskRules.SwapEncrypted, "swap", "no swap space is in use"));
            if (Hibernation() is { } hibernation) findings.Add(hibernation);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            findings.Add(Finding.Unknown(DiskRules.SwapEncrypted, "swap", e.Message));
        }
        return findings;
    }

    Finding Judge(SwapArea area)
    {
        var layer = area.IsFile ? layers.OfPath(area.Path) : layers.OfDeviceFile(area.Path);
        return DiskVerdict.Of(DiskRules.SwapEncrypted, Subject(area), $"swap on {Subject(area)}", layer, policy.Judge(layer), new Evidence { { "kind", area.IsFile ? "file" : "device" } });
    }

    /// <summary>The number in dm-1 may be another one after the next boot.</summary>
    string Subject(SwapArea area) =>
        !area.IsFile && area.Path.StartsWith("/dev/dm-", StringComparison.Ordinal) && devices.NumberOf(area.Path) is { } number && devices.Of(number)?.MapperName is { } name ? "/dev/mapper/" + name : area.Path;

    /// <summary>Null where the kernel does not hibernate or was told no place for the image.</summary>
    Finding? Hibernation()
    {
        if (machine.ReadText("/sys/power/resume", 64)?.Trim() is not { } number || number is "0:0") return null;
        if (machine.ReadText("/sys/power/disk", 256)?.Contains("[disabled]", StringComparison.Ordinal) == true) return null;
        if (!DeviceTree.IsNumber(number)) throw new FormatException("/sys/power/resume: is not a device number");
        var layer = layers.OfDevice(number);
        return DiskVerdict.Of(DiskRules.SwapEncrypted, "hibernation image", "the place of the hibernation image", layer, policy.Judge(layer), []);
    }
}
