using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// Judges the directories that must be encrypted: the file system that each lies on once links are followed, every file system
/// mounted below it, and where that is plain, the file system's own encryption of the directory (fscrypt).
/// </summary>
sealed class DataVerdicts(Machine machine, Machine quiet, MountTable mounts, Layers layers, DiskPolicy policy, Settings settings)
{
    static readonly Rule Rule = DiskRules.DataEncrypted;

    /// <param name="swap">The findings on swap, which decide over directories in memory.</param>
    public IReadOnlyList<Finding> Judge(IReadOnlyList<Finding> swap)
    {
        var directories = settings.Disk.Data.SelectMany(OfSettings).Concat(settings.Roles.SelectMany(OfRole)).DistinctBy(directory => directory.Path).ToArray();
        return directories.Length > 0
            ? [.. directories.Select(directory => Judge(directory, swap))]
            : [Finding.NotApplicable(Rule, "disk", "no data directory is named in disk.data or follows from the host's roles")];
    }

    IEnumerable<DataDirectory> OfSettings(string path)
    {
        var directory = new DataDirectory(path.Length > 1 ? path.TrimEnd('/') : path, path);
        return DataDirectory.LinkedIn(quiet, directory.Path, path, withFiles: true).Prepend(directory);
    }

    IReadOnlyList<DataDirectory> OfRole(string role)
    {
        try
        {
            return role switch
            {
                "postgres" => new PostgresDirectories(machine, quiet).Find(),
                "tomcat" or "grails" => new TomcatDirectories(machine, quiet).Find(role),
                _ => [],
            };
        }
        catch (IOException e)
        {
            return [new DataDirectory($"role {role}", role, e.Message)];
        }
    }

    Finding Judge(DataDirectory directory, IReadOnlyList<Finding> swap)
    {
        if (directory.Obstacle is not null) return Finding.Unknown(Rule, directory.Path, directory.Obstacle);
        try
        {
            if (quiet.Resolve(directory.Path) is not { } real) return Finding.Unknown(Rule, directory.Path, $"{directory.Path} is not there");
            return Judge(directory, real, swap);
        }
        catch (IOException e)
        {
            return Finding.Unknown(Rule, directory.Path, e.Message);
        }
    }

    Finding Judge(DataDirectory directory, string real, IReadOnlyList<Finding> swap)
    {
        var evidence = new Evidence { { "what", directory.What }, { "leads_to", real == directory.Path ? null : real } };
        if (mounts.Holding(real) is not { } mount) return Finding.Unknown(Rule, directory.Path, $"which file system holds {real} cannot be told", evidence);
        var layer = layers.OfMount(mount);
        var protection = policy.Judge(layer);
        if (!protection.IsSafe && policy.Counts != DiskLayer.Volume && quiet.Status(real) is { Encrypted: true })
        {
            evidence.Add("policy", quiet.IsLive ? FileSystemPolicy(real) : null);
            (layer, protection) = (new Layer($"{real} fscrypt", Shield.Encrypts, layer), new Protection(Cover.Encrypted, "by the file system itself (fscrypt)"));
        }
        foreach (var below in mounts.Below(real).Where(below => FileSystems.KindOf(below.Type) != FileSystemKind.Kernel))
            if (policy.Judge(layers.OfMount(below)) is var worse && worse.Cover > protection.Cover)
                (layer, protection) = (layers.OfMount(below), worse with { Reason = $"{below.Point} is mounted in it: {worse.Reason}" });
        if (protection.Cover == Cover.Memory && swap.FirstOrDefault(finding => finding.Outcome is Outcome.Fail or Outcome.Unknown) is { } swapped)
            protection = new Protection(swapped.Outcome == Outcome.Fail ? Cover.Plain : Cover.Unknown, $"it is in memory, and may be swapped out: {swapped.Message}");
        return DiskVerdict.Of(Rule, directory.Path, directory.Path, layer, protection, evidence);
    }

    /// <summary>The modes are only evidence: that the directory is encrypted stands in its status.</summary>
    string FileSystemPolicy(string directory)
    {
        try
        {
            return EncryptionPolicy.Of(quiet, directory) is { } found ? $"version {found.Version}, contents {found.Contents}, file names {found.FileNames}" : "not shown";
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }
}
