using Ratchet.Agent.Checks.Disk;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Aws;

/// <summary>
/// Joins the volumes that AWS gives the host with what is attested of them, and where that is not enough with the stacks of the disk
/// check: a volume of which all that is mounted or swapped to is encrypted by the guest is encrypted, whatever AWS does.
/// </summary>
sealed class VolumeJoin(Machine machine, Settings settings, Told<Attestation> attestation)
{
    static readonly Rule Rule = AwsRules.VolumesEncrypted;

    readonly DeviceTree devices = new(machine);
    readonly DiskPolicy policy = new(settings.Disk, DateOnly.FromDateTime(machine.Now.UtcDateTime), attestation);
    IReadOnlyList<(Layer Layer, Protection Protection)>? stacks;

    public async Task<IReadOnlyList<Finding>> JudgeAsync(CancellationToken cancel)
    {
        var (volumes, findings) = (Volume.Find(devices), new List<Finding>());
        if (volumes.Count == 0) return [Finding.Unknown(Rule, "volumes", "sysfs shows no disk")];
        foreach (var volume in volumes) findings.Add(await JudgeAsync(volume, cancel));
        if (attestation.Value is { Volumes: { } attested } told)
            findings.AddRange(attested.Where(one => !volumes.Any(volume => told.Find(volume)?.Id == one.Id))
                .Select(one => Finding.NotApplicable(Rule, one.Id, $"{told.Label} tells of it, and this host shows no such disk: it was detached since, or shows no id", new Evidence { { "encrypted", one.Encrypted } })));
        return findings;
    }

    async Task<Finding> JudgeAsync(Volume volume, CancellationToken cancel)
    {
        var known = attestation.Value?.Find(volume);
        var evidence = new Evidence
        {
            { "device", volume.Name }, { "model", volume.Model }, { "instance_store", volume.IsInstanceStore ? true : null }, { "attested_by", policy.Attestation(volume)?.AttestedBy },
            { "attested_at", attestation.Value?.Of(volume) is null ? null : attestation.Value.Generated }, { "kms_key", known?.Key }, { "key_manager", known?.KeyManager },
        };
        var attested = policy.Attested(volume);
        if (attested.Cover == Cover.Encrypted) return Finding.Pass(Rule, volume.Subject, attested.Reason!, evidence);
        var guest = await GuestAsync(volume, cancel);
        evidence.Add("guest", guest.Reason);
        if (guest.Cover == Cover.Encrypted) return Finding.Pass(Rule, volume.Subject, $"{volume.Label} is encrypted by the guest: {guest.Reason}", evidence);
        // A plain volume that is not in use may hold what the guest encrypts: disk.volume-attested tells of it.
        return attested.Cover == Cover.Plain && guest.Cover >= Cover.Partly
            ? Finding.Fail(Rule, volume.Subject, $"{attested.Reason}; {guest.Reason}", evidence)
            : Finding.Unknown(Rule, volume.Subject, $"{attested.Reason}; {guest.Reason}", evidence);
    }

    async Task<Protection> GuestAsync(Volume volume, CancellationToken cancel)
    {
        try
        {
            stacks ??= await DiskStacks.ReadAsync(machine, devices, cancel);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return new Protection(Cover.Unknown, $"what the guest encrypts cannot be read: {e.Message}");
        }
        var own = stacks.Where(stack => stack.Layer.Reach().Any(layer => layer.Volume?.Name == volume.Name)).ToList();
        if (own.Count == 0) return new Protection(Cover.Unknown, "nothing of it is mounted");
        var (layer, worst) = own.MaxBy(stack => stack.Protection.Cover);
        return worst switch
        {
            { IsSafe: true } => new Protection(Cover.Encrypted, $"all that is mounted from it ({string.Join(", ", own.Select(stack => stack.Layer.Label).Take(5))})"),
            { Cover: Cover.Unknown } => worst with { Reason = $"whether the guest encrypts {layer.Label} cannot be told: {worst.Reason}" },
            _ => worst with { Reason = $"the guest does not encrypt {layer.Label}" },
        };
    }
}
