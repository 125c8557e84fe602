using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// ext3 and ext4 may keep their journal, and with data=journal all data, on another device, which no mount option shows.
/// <c>/proc/fs/jbd2</c> has a name for each journal in use: <c>dm-0-8</c> for inode 8 of dm-0, <c>vdb</c> for a device.
/// </summary>
sealed class ExternalJournals(Machine machine, DeviceTree devices)
{
    // The length of a thread's name in the kernel.
    const int ThreadName = 15;

    IReadOnlyList<string>? journals;

    /// <summary>Numbers of the devices that hold the journal of the file system on a device; mostly none.</summary>
    public IReadOnlyList<string> Of(string number)
    {
        journals ??= machine.List("/proc/fs/jbd2") ?? [];
        if (journals.Count == 0 || devices.Of(number)?.Name is not { } name || journals.Any(journal => IsWithin(name, journal))) return [];
        var external = journals.Where(devices.Names.ContainsKey).ToArray();
        if (external.Length == 0 || machine.ReadText($"/sys/fs/ext4/{name}/journal_task", DeviceTree.SmallFile)?.Trim() is not { } task || task is "<none>") return [];
        // The journal's thread is named for its device. Where it does not show, any of them may be the one.
        var thread = uint.TryParse(task, out var id) ? machine.ReadText($"/proc/{id}/comm", DeviceTree.SmallFile)?.Trim() : null;
        var own = external.Where(journal => $"jbd2/{journal}" is var full && (full.Length > ThreadName ? full[..ThreadName] : full) == thread).ToArray();
        return [.. (own.Length > 0 ? own : external).Select(journal => devices.Names[journal])];
    }

    static bool IsWithin(string name, string journal) =>
        journal.Length > name.Length + 1 && journal.StartsWith(name, StringComparison.Ordinal) && journal[name.Length] == '-' && !journal.AsSpan(name.Length + 1).ContainsAnyExceptInRange('0', '9');
}
