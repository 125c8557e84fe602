using Ratchet.Agent.Checks.Disk;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Hosts;

namespace Ratchet.Agent.Tests.Checks.Disk;

/// <summary>The truth table of the recorded stacks: host, rule, subject, verdict. What is not in it is not there.</summary>
public sealed class RecordedStacksTests
{
    const string Truth = """
        btrfs-mixed                 mounts-encrypted   /                              Pass
        btrfs-mixed                 mounts-encrypted   /srv                           Fail
        btrfs-mixed                 data-encrypted     /home                          Pass
        btrfs-mixed                 cipher-strong      /dev/mapper/a                  Pass
        btrfs-mixed                 cipher-strong      /dev/mapper/b                  Pass
        btrfs-mixed                 cipher-strong      /dev/mapper/d                  Pass
        decoy-loop                  mounts-encrypted   /                              Fail
        decoy-loop                  mounts-encrypted   /mnt/decoy                     Pass
        decoy-loop                  mounts-encrypted   /mnt/inner                     Pass
        decoy-loop                  mounts-encrypted   /mnt/plain                     Fail
        decoy-loop                  cipher-strong      /dev/mapper/decoy              Pass
        ebs                         mounts-encrypted   /                              Fail
        ebs                         mounts-encrypted   /srv                           Fail
        ebs                         mounts-encrypted   /scratch                       Fail
        ebs                         mounts-encrypted   /var/lib/postgresql            Pass
        ebs                         cipher-strong      /dev/mapper/pg                 Pass
        ebs                         volume-attested    vol-0aaaaaaaaaaaaaaaa          Pass
        ebs                         volume-attested    vol-0bbbbbbbbbbbbbbbb          Unknown
        ebs                         volume-attested    vol-0cccccccccccccccc          Fail
        ebs                         volume-attested    vol-0dddddddddddddddd          Unknown
        ebs                         volume-attested    AWS1234567890ABCDEF0           Unknown
        ebs-either                  mounts-encrypted   /                              Pass
        ebs-either                  mounts-encrypted   /srv                           Unknown
        ebs-either                  mounts-encrypted   /scratch                       Unknown
        ebs-either                  mounts-encrypted   /var/lib/postgresql            Pass
        ebs-either                  cipher-strong      /dev/mapper/pg                 Pass
        ebs-either                  volume-attested    vol-0aaaaaaaaaaaaaaaa          Pass
        ebs-either                  volume-attested    vol-0bbbbbbbbbbbbbbbb          Unknown
        ebs-either                  volume-attested    vol-0cccccccccccccccc          Fail
        ebs-either                  volume-attested    vol-0dddddddddddddddd          Unknown
        ebs-either                  volume-attested    AWS1234567890ABCDEF0           Unknown
        ebs-volume                  mounts-encrypted   /                              Pass
        ebs-volume                  mounts-encrypted   /srv                           Unknown
        ebs-volume                  mounts-encrypted   /scratch                       Unknown
        ebs-volume                  mounts-encrypted   /var/lib/postgresql            Fail
        ebs-volume                  cipher-strong      /dev/mapper/pg                 Pass
        ebs-volume                  volume-attested    vol-0aaaaaaaaaaaaaaaa          Pass
        ebs-volume                  volume-attested    vol-0bbbbbbbbbbbbbbbb          Unknown
        ebs-volume                  volume-attested    vol-0cccccccccccccccc          Fail
        ebs-volume                  volume-attested    vol-0dddddddddddddddd          Unknown
        ebs-volume                  volume-attested    AWS1234567890ABCDEF0           Unknown
        key-on-plain-root           mounts-encrypted   /                              Fail
        key-on-plain-root           mounts-encrypted   /srv                           Pass
        key-on-plain-root           cipher-strong      /dev/mapper/data               Pass
        key-on-plain-root           keys-protected     data                           Fail
        key-on-plain-root           keys-protected     b                              Pass
        key-on-plain-root           keys-protected     c                              Fail
        key-on-plain-root           keys-protected     d                              Pass
        key-on-plain-root           keys-protected     e                              Pass
        key-on-plain-root           keys-protected     f                              Unknown
        key-on-plain-root           keys-protected     g                              Pass
        key-on-plain-root           keys-protected     h                              Fail
        key-on-plain-root           keys-protected     i                              Unknown
        key-on-plain-root           keys-protected     j                              Unknown
        key-on-plain-root           keys-protected     k                              Fail
        luks-on-raid1               mounts-encrypted   /                              Pass
        luks-on-raid1               cipher-strong      /dev/mapper/root               Pass
        luks2-root-lvm              mounts-encrypted   /                              Pass
        luks2-root-lvm              mounts-encrypted   /boot                          NotApplicable
        luks2-root-lvm              mounts-encrypted   /boot/efi                      NotApplicable
        luks2-root-lvm              mounts-encrypted   /snap/core22/1                 Pass
        luks2-root-lvm              swap-encrypted     /dev/mapper/ubuntu--vg-swap_1  Pass
        luks2-root-lvm              swap-encrypted     hibernation image              Pass
        luks2-root-lvm              keys-protected     vda3_crypt                     Pass
        luks2-root-lvm              cipher-strong      /dev/mapper/vda3_crypt         Pass
        lv-over-encrypted-and-plain mounts-encrypted   /                              Pass
        lv-over-encrypted-and-plain mounts-encrypted   /data                          Fail
        lv-over-encrypted-and-plain data-encrypted     /data                          Fail
        lv-over-encrypted-and-plain cipher-strong      /dev/mapper/root               Pass
        lv-over-encrypted-and-plain cipher-strong      /dev/mapper/pv1                Pass
        lvm-on-luks                 mounts-encrypted   /                              Fail
        lvm-on-luks                 mounts-encrypted   /srv/pg                        Pass
        lvm-on-luks                 data-encrypted     /srv/pg                        Pass
        lvm-on-luks                 cipher-strong      /dev/mapper/pv1                Pass
        lvm-on-luks                 cipher-strong      /dev/mapper/pv2                Pass
        nfs                         mounts-encrypted   /                              Pass
        nfs                         mounts-encrypted   /mnt/krb5p                     Pass
        nfs                         mounts-encrypted   /mnt/krb5i                     Fail
        nfs                         mounts-encrypted   /mnt/sys                       Fail
        nfs                         mounts-encrypted   /mnt/tls                       Pass
        nfs                         mounts-encrypted   /mnt/efs                       Unknown
        nfs                         mounts-encrypted   /mnt/seal                      Pass
        nfs                         mounts-encrypted   /mnt/smb3                      Unknown
        nfs                         mounts-encrypted   /mnt/smb2                      Fail
        nfs                         mounts-encrypted   /mnt/sshfs                     Unknown
        nfs                         mounts-encrypted   /mnt/ceph                      Unknown
        nfs                         mounts-encrypted   /mnt/9p                        Unknown
        nfs                         cipher-strong      /dev/mapper/root               Pass
        overlay                     mounts-encrypted   /                              Fail
        overlay                     mounts-encrypted   /var/lib/docker                Pass
        overlay                     mounts-encrypted   /var/lib/docker/overlay2/0123/merged Pass
        overlay                     mounts-encrypted   /mnt/merged                    Fail
        overlay                     mounts-encrypted   /mnt/lower                     Pass
        overlay                     cipher-strong      /dev/mapper/docker             Pass
        plain-swap-random-key       mounts-encrypted   /                              Pass
        plain-swap-random-key       swap-encrypted     /dev/mapper/cryptswap          Pass
        plain-swap-random-key       keys-protected     root                           Pass
        plain-swap-random-key       keys-protected     cryptswap                      Pass
        plain-swap-random-key       cipher-strong      /dev/mapper/root               Pass
        plain-swap-random-key       cipher-strong      /dev/mapper/cryptswap          Pass
        postgres                    mounts-encrypted   /                              Pass
        postgres                    mounts-encrypted   /srv/pg                        Pass
        postgres                    mounts-encrypted   /fast                          Fail
        postgres                    cipher-strong      /dev/mapper/root               Pass
        postgres                    cipher-strong      /dev/mapper/pg                 Pass
        postgres                    data-encrypted     /srv/pg/main                   Fail
        postgres                    data-encrypted     /srv/pg/main/pg_wal            Fail
        postgres                    data-encrypted     /srv/pg/main/pg_tblspc/16400   Fail
        postgres                    data-encrypted     /srv/pg/main/pg_tblspc/16401   Pass
        postgres                    data-encrypted     /var/lib/postgresql/16/aux     Pass
        postgres                    data-encrypted     /var/lib/postgresql/15/old     Pass
        postgres                    data-encrypted     /var/lib/tomcat10/work         Pass
        postgres                    data-encrypted     /var/lib/tomcat10/logs         Fail
        postgres                    data-encrypted     /var/lib/tomcat10/webapps      Pass
        swapfile                    mounts-encrypted   /                              Fail
        swapfile                    mounts-encrypted   /srv                           Pass
        swapfile                    swap-encrypted     /swap file                     Fail
        swapfile                    swap-encrypted     /srv/swapfile                  Pass
        swapfile                    cipher-strong      /dev/mapper/srv                Pass
        zram                        mounts-encrypted   /                              Pass
        zram                        swap-encrypted     /dev/zram0                     Pass
        zram                        swap-encrypted     /dev/zram1                     Fail
        zram                        cipher-strong      /dev/mapper/root               Pass
        """;

    // What a rule says of a host that has nothing for it.
    static readonly string[] General = ["memory", "swap", "disk", "/etc/crypttab"];

    static readonly string[] Names = [.. Truth.Split('\n').Select(line => line.Split(' ')[0]).Distinct()];

    public static TheoryData<string> Hosts => [.. Names];

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_recorded_stack_gets_the_verdicts_of_the_truth_table(string host)
    {
        var directory = Path.Combine(Repository.Root, "tests/hosts/disk-" + host);
        var settings = SettingsFile.Load(Path.Combine(directory, "agent.json"), new Dictionary<string, string>()).Settings;
        var findings = await new DiskCheck(settings).RunAsync(Recording.Open(directory), CancellationToken.None);
        var expected = Truth.Split('\n').Where(line => line.StartsWith(host + " ", StringComparison.Ordinal)).Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..]));
        var actual = findings.Where(finding => !General.Contains(finding.Subject)).Select(finding => $"{finding.Rule.Id["disk.".Length..]} {finding.Subject} {finding.Outcome}");
        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
    }

    /// <summary>What was recorded in the guest has its truth beside its making, in tests/system/stacks.</summary>
    [Fact]
    public void Every_recorded_stack_is_in_the_truth_table() => Assert.Empty(
        Directory.GetDirectories(Path.Combine(Repository.Root, "tests/hosts"), "disk-*").Select(directory => Path.GetFileName(directory)["disk-".Length..])
            .Where(name => !name.StartsWith("guest-", StringComparison.Ordinal)).Except(Names));

    [Fact]
    public async Task The_evidence_draws_the_whole_stack()
    {
        var directory = Path.Combine(Repository.Root, "tests/hosts/disk-lvm-on-luks");
        var findings = await new DiskCheck(new Settings()).RunAsync(Recording.Open(directory), CancellationToken.None);
        var evidence = findings.Single(finding => finding.Subject == "/srv/pg").Evidence.ToJson();
        Assert.Equal("/srv/pg xfs → LV data/pg → [LUKS2 aes-xts-plain64 512 bit argon2id → sdb | LUKS2 aes-xts-plain64 512 bit argon2id → sdc]", (string)evidence["stack"]!);
        Assert.Equal(2, evidence["paths"]!.AsArray().Count);
    }
}
