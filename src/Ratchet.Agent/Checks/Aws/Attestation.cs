using Ratchet.Agent.Checks.Disk;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Checks.Aws;

/// <summary>A volume as AWS itself knows it.</summary>
/// <param name="Device">The name that it was attached by (<c>/dev/sdf</c>), which is all that a Xen guest has of it.</param>
/// <param name="Key">The KMS key, where one is named; and who manages it: <c>AWS</c> or <c>CUSTOMER</c>.</param>
sealed record AttestedVolume(string Id, string? Device, bool Encrypted, string? Key, string? KeyManager);

/// <summary>What is seen of an instance from outside of it: by a collector whose word Salt brings, or by the EC2 API itself.</summary>
/// <param name="Source">Who saw it.</param>
/// <param name="Generated">When.</param>
/// <param name="ValidUntil">Null: as long as the settings say.</param>
/// <param name="Account">Null: it does not say.</param>
/// <param name="Tokens"><c>required</c> or <c>optional</c>; null: it does not say. The service's own answer counts more.</param>
/// <param name="Endpoint"><c>enabled</c> or <c>disabled</c>; null: it does not say.</param>
/// <param name="InstanceStoreEncrypted">Whether the instance type encrypts its instance-store volumes; null: it does not say.</param>
/// <param name="Volumes">Null: it does not say.</param>
/// <param name="Groups">The groups attached to the instance; null: it does not say.</param>
/// <param name="Rules">The inbound rules of these groups; null: it does not say.</param>
sealed record Attestation(
    string Source, DateTimeOffset Generated, DateTimeOffset? ValidUntil, string? Account, string? Region, string Instance,
    string? Tokens, string? Endpoint, long? HopLimit, bool? InstanceStoreEncrypted,
    IReadOnlyList<AttestedVolume>? Volumes, IReadOnlyList<string>? Groups, IReadOnlyList<GroupRule>? Rules)
{
    public string Label => $"{Source} of {Generated.UtcDateTime:yyyy-MM-dd HH:mm}";

    /// <summary>What it says of a disk, in the form of the settings; null where it says nothing.</summary>
    public VolumeSettings? Of(Volume disk)
    {
        bool? encrypted = disk.IsInstanceStore ? InstanceStoreEncrypted : Find(disk)?.Encrypted;
        return encrypted is { } known ? new VolumeSettings { Id = disk.Subject, Encrypted = known, AttestedBy = Source, At = DateOnly.FromDateTime(Generated.UtcDateTime) } : null;
    }

    /// <summary>By the id; where a disk shows none (Xen), by the letters of its name: <c>/dev/sdf</c> is <c>xvdf</c>.</summary>
    public AttestedVolume? Find(Volume disk) => Volumes?.FirstOrDefault(volume =>
        disk.Id is not null ? volume.Id == disk.Id : Letters(disk.Name, "xvd") is { } letters && volume.Device is { } device && (Letters(device, "/dev/sd") ?? Letters(device, "/dev/xvd")) == letters);

    static string? Letters(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && name[prefix.Length..].TrimEnd("0123456789".ToCharArray()) is { Length: > 0 } letters ? letters : null;
}
