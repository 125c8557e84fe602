using System.Text.RegularExpressions;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>What ZFS says of a dataset.</summary>
/// <param name="Encryption"><c>off</c> or <c>aes-256-gcm</c>; null where it could not be asked, for the <paramref name="Obstacle"/>.</param>
/// <param name="KeyLocation"><c>prompt</c>, <c>none</c>, <c>file:///…</c>.</param>
/// <param name="PoolDevices">Files of the devices of the pool; asked for where the dataset is not encrypted itself.</param>
sealed record ZfsDataset(string? Encryption, string? KeyLocation, IReadOnlyList<string> PoolDevices, string? Obstacle)
{
    public bool IsEncrypted => Encryption is not (null or "off" or "-");
}

/// <summary>The mounted datasets, asked of ZFS's own commands: sysfs knows nothing of them.</summary>
static partial class Zfs
{
    // Names are up to 255 characters: this many fit into one command line by far.
    const int AtOnce = 200;

    public static async Task<IReadOnlyDictionary<string, ZfsDataset>> AskAsync(Machine machine, IEnumerable<Mount> mounts, CancellationToken cancel)
    {
        var names = mounts.Where(mount => mount.Type == "zfs").Select(mount => mount.Source).Distinct().ToArray();
        var datasets = names.ToDictionary(name => name, _ => new ZfsDataset(null, null, [], "its name is not that of a dataset"));
        foreach (var some in names.Where(name => NameForm.IsMatch(name)).Chunk(AtOnce))
            try
            {
                await AskAsync(machine, some, datasets, cancel);
            }
            catch (CommandException e)
            {
                foreach (var name in some) datasets[name] = new ZfsDataset(null, null, [], e.Message);
            }
        return datasets;
    }

    static async Task AskAsync(Machine machine, string[] names, Dictionary<string, ZfsDataset> datasets, CancellationToken cancel)
    {
        var answer = await machine.RunAsync("zfs", ["get", "-H", "-o", "name,property,value", "encryption,keylocation", .. names], cancel);
        var values = new Dictionary<(string, string), string>();
        foreach (var line in answer.Output.Split('\n'))
            if (line.Split('\t') is [var name, var property, var value]) values[(name, property)] = value;
        var pools = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var name in names)
        {
            var encryption = values.GetValueOrDefault((name, "encryption"));
            var pool = name.Split('/', '@')[0];
            if (encryption is "off" or "-" && !pools.ContainsKey(pool)) pools[pool] = await PoolDevicesAsync(machine, pool, cancel);
            datasets[name] = encryption is null
                ? new ZfsDataset(null, null, [], $"zfs get does not answer: {answer.Error.Trim()}")
                : new ZfsDataset(encryption, values.GetValueOrDefault((name, "keylocation")), pools.GetValueOrDefault(pool, []), null);
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
