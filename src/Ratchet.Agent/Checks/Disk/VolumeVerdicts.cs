using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>Judges whether somebody attests the encryption of each disk that a cloud gives the host.</summary>
sealed class VolumeVerdicts(Machine machine, DeviceTree devices, DiskPolicy policy)
{
    static readonly string[] Clouds = ["Amazon EC2", "Google", "DigitalOcean", "Hetzner", "Alibaba Cloud", "OpenStack Foundation"];

    public IEnumerable<Finding> Judge()
    {
        var vendor = machine.ReadText("/sys/class/dmi/id/sys_vendor", DeviceTree.SmallFile)?.Trim();
        var isCloud = Clouds.Contains(vendor) || (machine.ReadText("/sys/hypervisor/uuid", DeviceTree.SmallFile) ?? "").StartsWith("ec2", StringComparison.Ordinal);
        if (!isCloud && !policy.HasAttestations)
            return [Finding.NotApplicable(DiskRules.VolumeAttested, "disk", "not a cloud host, and disk.volumes names none: the disks are the site's own")];
        var volumes = Volume.Find(devices);
        return volumes.Count > 0
            ? volumes.Select(Judge)
            : [Finding.Unknown(DiskRules.VolumeAttested, "disk", "this is a cloud host, and sysfs shows no disk")];
    }

    Finding Judge(Volume volume)
    {
        var attestation = policy.Attestation(volume);
        var evidence = new Evidence
        {
            { "device", volume.Name }, { "model", volume.Model }, { "instance_store", volume.IsInstanceStore ? true : null },
            { "attested_by", attestation?.AttestedBy }, { "attested_at", attestation?.At.ToString("yyyy-MM-dd") },
        };
        return policy.Attested(volume) switch
        {
            (Cover.Encrypted, var who) => Finding.Pass(DiskRules.VolumeAttested, volume.Subject, who!, evidence),
            (Cover.Plain, var who) => Finding.Fail(DiskRules.VolumeAttested, volume.Subject, who!, evidence),
            var (_, reason) => Finding.Unknown(DiskRules.VolumeAttested, volume.Subject, $"{reason}; {HowTo(volume)}", evidence),
        };
    }

    static string HowTo(Volume volume) =>
        volume.IsInstanceStore ? "look up InstanceStorageInfo.EncryptionSupport of the instance type and attest it by this serial number"
        : volume.Id is null ? "use LUKS in the guest, which needs no attestation"
        : $"look it up (aws ec2 describe-volumes --volume-ids {volume.Id} --query 'Volumes[].Encrypted') and write the answer to disk.volumes";
}
