using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Aws;
using Ratchet.Agent.Checks.Disk;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Checks.Aws;

/// <summary>Volumes of the host, what is attested of them, and what the guest does itself.</summary>
public sealed class VolumeJoinTests
{
    const string Plain = $$"""{ "id": "{{AwsHost.Volume}}", "encrypted": false }""";

    [Fact]
    public async Task An_encrypted_volume_passes_with_its_key()
    {
        await using var host = await AwsHost.StartAsync();
        var finding = await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Pass, "is encrypted, says ec2:DescribeVolumes", AwsHost.Volume);
        Assert.Equal("CUSTOMER", (string?)finding.Evidence.ToJson()["key_manager"]);
    }

    [Fact]
    public async Task A_plain_volume_fails()
    {
        await using var host = await AwsHost.StartAsync();
        host.Attest(volumes: Plain);
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Fail, "is not encrypted, says ec2:DescribeVolumes", AwsHost.Volume);
    }

    [Fact]
    public async Task A_plain_volume_passes_where_the_guest_encrypts_all_that_is_mounted_from_it()
    {
        await using var host = await AwsHost.StartAsync();
        Luks(host);
        host.Attest(volumes: Plain);
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Pass, "is encrypted by the guest", AwsHost.Volume);
    }

    [Fact]
    public async Task A_volume_that_nobody_attests_is_unknown_unless_the_guest_encrypts()
    {
        await using var host = await AwsHost.StartAsync();
        host.Attest(volumes: """{ "id": "vol-0fffffffffffffff0", "encrypted": true }""");
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Unknown, "it was attached later", AwsHost.Volume);
        Luks(host);
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Pass, "by the guest", AwsHost.Volume);
    }

    [Fact]
    public async Task A_plain_volume_whose_encryption_by_the_guest_cannot_be_read_is_unknown()
    {
        await using var host = await AwsHost.StartAsync();
        Luks(host);
        host.Write("/sys/dev/block/253:0/dm/uuid", "CRYPT-LUKS2-0123456789abcdef0123456789abcdef-root\n");
        host.Attest(volumes: Plain);
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Unknown, "cannot be told", AwsHost.Volume);
    }

    [Fact]
    public async Task A_volume_that_is_not_mounted_counts_too()
    {
        await using var host = await AwsHost.StartAsync();
        host.AddDisk("nvme1n1", "Amazon Elastic Block Store", "vol0eeeeeeeeeeeeeeee", "259:9");
        host.Attest(volumes: $$"""{ "id": "{{AwsHost.Volume}}", "encrypted": true }, { "id": "vol-0eeeeeeeeeeeeeeee", "encrypted": false }""");
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Unknown, "is not encrypted, says ec2:DescribeVolumes of 2026-11-01; nothing of it is mounted", "vol-0eeeeeeeeeeeeeeee");
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Pass, "", AwsHost.Volume);
    }

    [Fact]
    public async Task A_volume_that_is_attested_and_not_here_is_noted()
    {
        await using var host = await AwsHost.StartAsync();
        host.Attest(volumes: $$"""{ "id": "{{AwsHost.Volume}}", "encrypted": true }, { "id": "vol-0eeeeeeeeeeeeeeee", "device": "/dev/sdf", "encrypted": false }""");
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.NotApplicable, "this host shows no such disk", "vol-0eeeeeeeeeeeeeeee");
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Pass, "", AwsHost.Volume);
        host.AddDisk("xvdf", null, null, "202:80");
        Assert.DoesNotContain(await host.CheckAsync(), finding => finding.Rule == AwsRules.VolumesEncrypted && finding.Outcome == Outcome.NotApplicable);
    }

    /// <summary>Ids of eight digits are as old as 2015, and in use.</summary>
    [Theory]
    [InlineData("vol01234567", "vol-01234567")]
    [InlineData("vol0123456789abcdef0                    ", "vol-0123456789abcdef0")]
    public async Task Short_and_long_ids_and_padding_are_read(string serial, string id)
    {
        await using var host = await AwsHost.StartAsync();
        host.AddDisk("nvme0n1", "Amazon Elastic Block Store", serial);
        host.Attest(volumes: $$"""{ "id": "{{id}}", "encrypted": true }""");
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Pass, "is encrypted", id);
    }

    [Theory]
    [InlineData("", nameof(Outcome.Unknown))]
    [InlineData("\"instance_store_encrypted\": true,", nameof(Outcome.Pass))]
    [InlineData("\"instance_store_encrypted\": false,", nameof(Outcome.Fail))]
    public async Task Instance_store_is_what_its_instance_type_is_attested_to_be(string extra, string outcome)
    {
        await using var host = await AwsHost.StartAsync();
        host.AddDisk("nvme1n1", "Amazon EC2 NVMe Instance Storage", "AWS1234567890ABCDEF0", "259:9");
        host.Write("/proc/self/mountinfo", "30 1 259:0 / / rw - ext4 /dev/nvme0n1 rw\n31 30 259:9 / /scratch rw - ext4 /dev/nvme1n1 rw\n");
        host.Attest(extra: extra);
        await host.AssertAsync(AwsRules.VolumesEncrypted, Enum.Parse<Outcome>(outcome), "", "AWS1234567890ABCDEF0");
    }

    [Theory]
    [InlineData("/dev/sdf", nameof(Outcome.Pass))]
    [InlineData("/dev/xvdf", nameof(Outcome.Pass))]
    [InlineData("/dev/sdg", nameof(Outcome.Unknown))]
    public async Task A_Xen_volume_shows_no_id_and_is_found_by_the_name_that_it_was_attached_by(string device, string outcome)
    {
        await using var host = await AwsHost.StartAsync();
        host.AddDisk("xvdf", null, null, "202:80");
        host.Attest(volumes: $$"""{ "id": "{{AwsHost.Volume}}", "encrypted": true }, { "id": "vol-0eeeeeeeeeeeeeeee", "device": "{{device}}", "encrypted": true }""");
        await host.AssertAsync(AwsRules.VolumesEncrypted, Enum.Parse<Outcome>(outcome), "", "xvdf");
    }

    [Fact]
    public async Task The_disk_check_takes_the_attestation_where_the_site_counts_on_volumes()
    {
        await using var host = await AwsHost.StartAsync();
        var settings = host.Settings with { Disk = new DiskSettings { Layer = DiskLayer.Volume } };
        var findings = await new DiskCheck(settings, host.Survey).RunAsync(host.Machine(), CancellationToken.None);
        Assert.Equal(Outcome.Pass, findings.Single(finding => finding.Rule == DiskRules.VolumeAttested).Outcome);
        Assert.Equal(Outcome.Pass, findings.Single(finding => finding.Rule == DiskRules.MountsEncrypted && finding.Subject == "/").Outcome);

        host.Attest(volumes: Plain);
        findings = await new DiskCheck(settings, host.Survey).RunAsync(host.Machine(), CancellationToken.None);
        Assert.Equal(Outcome.Fail, findings.Single(finding => finding.Rule == DiskRules.MountsEncrypted && finding.Subject == "/").Outcome);

        host.Delete("/etc/ratchet-agent/attest/aws.json");
        findings = await new DiskCheck(settings, host.Survey).RunAsync(host.Machine(), CancellationToken.None);
        Assert.Equal(Outcome.Unknown, findings.Single(finding => finding.Rule == DiskRules.MountsEncrypted && finding.Subject == "/").Outcome);
    }

    [Fact]
    public async Task A_fresh_attestation_counts_more_than_what_somebody_wrote_into_the_configuration_once()
    {
        await using var host = await AwsHost.StartAsync();
        host.Disk = new DiskSettings { Volumes = [new VolumeSettings { Id = AwsHost.Volume, Encrypted = true, AttestedBy = "ops", At = DateOnly.FromDateTime(host.Now.UtcDateTime) }] };
        host.Attest(volumes: Plain);
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Fail, "says ec2:DescribeVolumes");
        host.Delete("/etc/ratchet-agent/attest/aws.json");
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Pass, "says ops");
    }

    /// <summary>The root file system on a LUKS device that is all of the volume.</summary>
    static void Luks(AwsHost host)
    {
        var mapping = "/sys/dev/block/253:0";
        host.Write($"{mapping}/uevent", "DEVNAME=dm-0\n");
        host.Write($"{mapping}/dev", "253:0\n");
        host.Write($"{mapping}/dm/name", "root\n");
        host.Write($"{mapping}/dm/uuid", "CRYPT-PLAIN-root\n");
        host.Write($"{mapping}/slaves/nvme0n1/dev", "259:0\n");
        host.Write("/proc/self/mountinfo", "30 1 253:0 / / rw - ext4 /dev/mapper/root rw\n");
        host.Write("/etc/crypttab", "root /dev/nvme0n1 /dev/urandom plain,cipher=aes-xts-plain64,size=512\n");
    }
}
