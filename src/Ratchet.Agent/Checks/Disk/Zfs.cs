using System.Text.RegularExpressions;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>What ZFS says of a dataset.</summary>
/// <param name="Encryption"><c>off</c> or <c>aes-256-gcm</c>; null where it could not be asked, for the <paramref name="Obstacle"/>.</param>
/// <param name="KeyLocation"><c>prompt</c>, <c>file:///…</c>.</param>
/// <param name="PoolDevices">Files of the devices of the pool; asked for where the dataset is not encrypted itself.</param>
sealed record ZfsDataset(string? Encryption, string? KeyLocation, IReadOnlyList<string> PoolDevices, string? Obstacle);

/// <summary>The mounted datasets, asked of ZFS's own commands: sysfs knows nothing of them.</summary>
static partial class Zfs
{
    public static async Task<IReadOnlyDictionary<string, ZfsDataset>> AskAsync(Machine machine, IEnumerable<Mount> mounts, CancellationToken cancel)
    {
        var answers = new Dictionary<string, ZfsDataset>();
        foreach (var name in mounts.Where(mount => mount.Type == "zfs").Select(mount => mount.Source).Distinct())
            answers[name] = await AskAsync(machine, name, cancel);
        return answers;
    }

    static async Task<ZfsDataset> AskAsync(Machine machine, string name, CancellationToken cancel)
    {
        if (!NameForm.IsMatch(name)) return new ZfsDataset(null, null, [], "its name is not that of a dataset");
        try
        {
            var answer = await machine.RunAsync("zfs", ["get", "-H", "-o", "property,value", "encryption,keystatus,keylocation", name], cancel);
            var values = answer.Output.Split('\n').Select(line => line.Split('\t')).Where(fields => fields.Length == 2).ToDictionary(fields => fields[0], fields => fields[1]);
            if (answer.ExitCode != 0 || !values.TryGetValue("encryption", out var encryption))
                return new ZfsDataset(null, null, [], $"zfs get does not answer: {answer.Error.Trim()}");
            var devices = encryption is "off" or "-" ? await PoolDevicesAsync(machine, name.Split('/', '@')[0], cancel) : [];
            return new ZfsDataset(encryption, values.GetValueOrDefault("keylocation"), devices, null);
        }
        catch (Exception e) when (e is CommandException or ArgumentException)
        {
            return new ZfsDataset(null, null, [], e.Message);
        }
    }

    /// <summary>Data, log and cache devices; empty where ZFS does not say.</summary>
    static async Task<IReadOnlyList<string>> PoolDevicesAsync(Machine machine, string pool, CancellationToken cancel)
    {
        var answer = await machine.RunAsync("zpool", ["list", "-v", "-H", "-P", "-L", pool], cancel);
        return answer.ExitCode != 0 ? [] : [.. answer.Output.Split('\n').Select(line => line.Trim().Split('\t')[0]).Where(word => word.StartsWith('/'))];
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_.:/-]{0,255}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    static partial Regex NameForm { get; }
}
