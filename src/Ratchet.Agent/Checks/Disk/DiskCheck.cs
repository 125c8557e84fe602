using System.Security.Cryptography;
using System.Text;
using Ratchet.Agent.Checks.Aws;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// Encryption of data at rest: what is mounted and swapped to, followed through sysfs down to every disk. A file system is
/// encrypted only where every path down is, by a cipher that its header shows to be a real one.
/// </summary>
sealed class DiskCheck(Settings settings, AwsSurvey? aws = null) : ICheck
{
    public IReadOnlyList<Rule> Rules => DiskRules.All;

    public async Task<IReadOnlyList<Finding>> RunAsync(Machine machine, CancellationToken cancel)
    {
        // Devices and data directories change all the time: they are swept, not watched.
        var quiet = machine.WithTrace(new FileTrace());
        var mounts = MountTable.Read(machine);
        var (crypttab, problem) = ReadCrypttab(machine);
        var datasets = await Zfs.AskAsync(machine, mounts.All, cancel);
        var devices = new DeviceTree(quiet);
        var mappings = new CryptMappings(quiet, devices, crypttab);
        var layers = new Layers(quiet, mounts, devices, mappings, datasets);
        var policy = new DiskPolicy(settings.Disk, DateOnly.FromDateTime(machine.Now.UtcDateTime), await AttestationAsync(machine, cancel));

        var swap = new SwapVerdicts(quiet, devices, layers, policy).Judge();
        return
        [
            .. new MountVerdicts(mounts, layers, policy).Judge(),
            .. swap,
            .. new DataVerdicts(machine, quiet, mounts, layers, policy, settings).Judge(swap),
            .. problem is null ? new KeyVerdicts(machine, mounts, layers, policy).Judge(crypttab, datasets) : [Finding.Unknown(DiskRules.KeysProtected, Crypttab.Path, problem)],
            // The mappings are those that the others came across.
            .. CipherVerdicts.Judge(mappings.Found, datasets),
            .. Volumes(quiet, devices, policy),
        ];
    }

    /// <summary>Null where the host is no EC2 instance.</summary>
    async Task<Told<Attestation>?> AttestationAsync(Machine machine, CancellationToken cancel)
    {
        try
        {
            return aws is not null && Ec2Host.Find(machine) is { } host ? await aws.AttestedAsync(machine, host, settings.Aws, await aws.LookAsync(machine, host, settings.Aws, cancel), cancel) : null;
        }
        catch (IOException e)
        {
            return Told<Attestation>.Nothing(e.Message);
        }
    }

    static IReadOnlyList<Finding> Volumes(Machine machine, DeviceTree devices, DiskPolicy policy)
    {
        try
        {
            return [.. new VolumeVerdicts(machine, devices, policy).Judge()];
        }
        catch (IOException e)
        {
            return [Finding.Unknown(DiskRules.VolumeAttested, "disk", e.Message)];
        }
    }

    /// <summary>What is mounted and swapped to: no file event tells of it.</summary>
    public ValueTask<long?> DigestAsync(Machine machine, CancellationToken cancel)
    {
        if (!machine.IsLive) return ValueTask.FromResult<long?>(null);
        var swaps = SwapTable.Read(machine)?.Select(area => area.Path) ?? [];
        var tables = Encoding.UTF8.GetBytes(MountTable.ReadText(machine).Text + string.Join('\n', swaps));
        return ValueTask.FromResult<long?>(BitConverter.ToInt64(SHA256.HashData(tables)));
    }

    static (IReadOnlyList<CrypttabEntry> Entries, string? Problem) ReadCrypttab(Machine machine)
    {
        try
        {
            return (Crypttab.Read(machine), null);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return ([], e.Message);
        }
    }
}
