using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Checks.Disk;

/// <summary>Data directories, swap and keys where the recorded hosts do not reach.</summary>
public sealed class DataAndKeyTests
{
    static readonly byte[] Header = Luks2Builder.Both(Luks2Builder.Json());

    /// <summary>A plain root and an encrypted /srv.</summary>
    static DiskTree Tree(params string[] data) => new DiskTree { Settings = new Settings { Disk = new DiskSettings { Data = data } } }
        .Disk("sda", "8:0").Disk("sdb", "8:16", Header).Mapped(0, "srv", Luks2Builder.MapperId("srv"), "sdb").Mount("8:0", "/", "ext4").Mount("253:0", "/srv", "ext4").Write("/srv/pg/x", "").Write("/data/x", "");

    static async Task ExpectAsync(DiskTree tree, string rule, string subject, Outcome outcome, string words = "")
    {
        using (tree)
        {
            var finding = await tree.JudgeAsync(rule, subject);
            Assert.Equal((outcome, finding.Message), (finding.Outcome, finding.Message));
            Assert.Contains(words, finding.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public Task A_directory_that_a_link_leads_out_of_encryption_fails() =>
        ExpectAsync(Tree("/srv/pg/wal").Link("/srv/pg/wal", "/data"), "data-encrypted", "/srv/pg/wal", Outcome.Fail);

    [Theory]
    [InlineData("/data")]
    [InlineData("/data/x")]
    public Task What_is_linked_into_a_directory_is_judged_by_itself(string target) =>
        ExpectAsync(Tree("/srv/pg").Link("/srv/pg/more", target), "data-encrypted", "/srv/pg/more", Outcome.Fail, "sda");

    [Fact]
    public Task A_link_cannot_lead_out_of_the_recorded_root() =>
        ExpectAsync(Tree("/srv/pg/wal").Link("/srv/pg/wal", "../../../../../../../../../data"), "data-encrypted", "/srv/pg/wal", Outcome.Fail, "sda");

    [Fact]
    public Task A_directory_that_is_missing_is_unknown() => ExpectAsync(Tree("/srv/gone"), "data-encrypted", "/srv/gone", Outcome.Unknown, "is not there");

    [Fact]
    public Task A_role_without_its_directories_is_unknown()
    {
        var tree = Tree();
        tree.Settings = new Settings { Roles = ["postgres"] };
        return ExpectAsync(tree, "data-encrypted", "role postgres", Outcome.Unknown, "no cluster was found");
    }

    [Fact]
    public async Task A_directory_that_its_file_system_encrypts_passes_unless_only_volumes_count()
    {
        var tree = Tree("/data");
        tree.Listing["/data"] = new FileStatus(FileKind.Directory, 0b111_000_000, 0, 0, 0, default, default, 0) { Encrypted = true };
        await ExpectAsync(tree, "data-encrypted", "/data", Outcome.Pass, "fscrypt");
        tree = Tree("/data");
        tree.Settings.Disk.Layer = DiskLayer.Volume;
        tree.Listing["/data"] = new FileStatus(FileKind.Directory, 0b111_000_000, 0, 0, 0, default, default, 0) { Encrypted = true };
        await ExpectAsync(tree, "data-encrypted", "/data", Outcome.Unknown);
    }

    [Fact]
    public async Task A_directory_in_memory_is_as_good_as_swap()
    {
        await ExpectAsync(Tree("/mem").Mount("0:30", "/mem", "tmpfs").Write("/mem/x", ""), "data-encrypted", "/mem", Outcome.Pass, "in memory");
        await ExpectAsync(Tree("/mem").Mount("0:30", "/mem", "tmpfs").Write("/mem/x", "").Swap("/dev/sda"), "data-encrypted", "/mem", Outcome.Fail, "swapped out");
        await ExpectAsync(Tree("/mem").Mount("0:30", "/mem", "tmpfs").Write("/mem/x", "").Swap("/dev/sdz"), "data-encrypted", "/mem", Outcome.Unknown, "swapped out");
    }

    [Fact]
    public Task A_plain_mount_inside_an_encrypted_directory_fails() =>
        ExpectAsync(Tree("/srv/pg").Disk("sdc", "8:32").Mount("8:32", "/srv/pg/x", "ext4", parent: 2), "data-encrypted", "/srv/pg", Outcome.Fail, "/srv/pg/x is mounted in it");

    [Fact]
    public Task A_mount_that_another_covers_does_not_count() =>
        ExpectAsync(Tree("/srv/pg").Disk("sdc", "8:32").Mount("8:32", "/srv/pg/x", "ext4", parent: 1), "data-encrypted", "/srv/pg", Outcome.Pass);

    [Fact]
    public async Task Hibernation_to_a_plain_disk_fails_unless_the_kernel_never_hibernates()
    {
        await ExpectAsync(Tree().Write("/sys/power/resume", "8:0\n"), "swap-encrypted", "hibernation image", Outcome.Fail, "sda");
        await ExpectAsync(Tree().Write("/sys/power/resume", "253:0\n").Write("/sys/power/disk", "[platform] shutdown\n"), "swap-encrypted", "hibernation image", Outcome.Pass);
        await ExpectAsync(Tree().Write("/sys/power/resume", "../../x\n"), "swap-encrypted", "hibernation image", Outcome.Unknown, "not a device number");
        using var tree = Tree().Write("/sys/power/resume", "8:0\n").Write("/sys/power/disk", "[disabled]\n");
        Assert.DoesNotContain(await tree.CheckAsync(), finding => finding.Subject == "hibernation image");
    }

    [Fact]
    public async Task Files_of_sysfs_may_say_that_they_have_a_page()
    {
        static string Page(string text) => text.PadRight(4096);
        using var tree = Tree().Mount("0:40", "/b", "btrfs", "/dev/dm-0").Link("/sys/fs/btrfs/1-2/devices/dm-0", "/sys/devices/virtual/block/dm-0")
            .Write("/sys/class/dmi/id/sys_vendor", Page("Amazon EC2\n")).Write("/sys/hypervisor/uuid", Page("0\n")).Write("/sys/power/resume", Page("253:0\n")).Write("/sys/power/disk", Page("[platform]\n"))
            .Write("/sys/devices/virtual/block/dm-0/dev", Page("253:0\n")).Write("/sys/devices/pci0/sda/serial", Page("S1\n"));
        var findings = await tree.CheckAsync();
        Assert.Equal(["S1", "sdb"], findings.Where(finding => finding.Rule.Id == "disk.volume-attested").Select(finding => finding.Subject));
        Assert.Equal(Outcome.Pass, findings.Single(finding => finding.Subject == "hibernation image").Outcome);
        Assert.Equal(Outcome.Pass, findings.Single(finding => finding.Subject == "/b").Outcome);
    }

    [Fact]
    public async Task ZFS_is_asked_for_all_datasets_at_once()
    {
        DiskTree WithZfs() => Tree().Mount("0:40", "/tank/a", "zfs", "tank/a").Mount("0:41", "/tank/b", "zfs", "tank/b").Mount("0:42", "/tank/c", "zfs", "-rf");
        const string question = "zfs get -H -o name,property,value encryption,keylocation tank/a tank/b", devices = "zpool list -v -H -P -L tank";
        var answer = new CommandResult(0, "tank/a\tencryption\taes-256-gcm\ntank/a\tkeylocation\tfile:///data/key\ntank/b\tencryption\toff\ntank/b\tkeylocation\tnone\n", "");
        var tree = WithZfs().Write("/data/key", "");
        tree.Commands[question] = answer;
        tree.Commands[devices] = new CommandResult(0, "tank\t1G\n\t/dev/sdb\t1G\n", "");
        using (tree)
        {
            var findings = await tree.CheckAsync();
            Outcome Of(string rule, string subject) => findings.Single(finding => finding.Rule.Id == "disk." + rule && finding.Subject == subject).Outcome;
            Assert.Equal((Outcome.Pass, Outcome.Fail, Outcome.Unknown), (Of("mounts-encrypted", "/tank/a"), Of("mounts-encrypted", "/tank/b"), Of("mounts-encrypted", "/tank/c")));
            Assert.Equal((Outcome.Pass, Outcome.Fail), (Of("cipher-strong", "tank/a"), Of("keys-protected", "tank/a")));
        }
        tree = WithZfs();
        tree.Commands[question] = answer;
        tree.Commands[devices] = new CommandResult(0, "tank\t1G\n\t/dev/mapper/srv\t1G\n", "");
        await ExpectAsync(tree, "mounts-encrypted", "/tank/b", Outcome.Pass);
        await ExpectAsync(WithZfs(), "mounts-encrypted", "/tank/a", Outcome.Unknown, "cannot be started");
    }

    [Fact]
    public async Task ECryptfs_is_encryption_unless_it_lets_files_through()
    {
        await ExpectAsync(Tree().Mount("0:40", "/e", "ecryptfs", "/data", "rw,ecryptfs_cipher=aes"), "mounts-encrypted", "/e", Outcome.Pass);
        await ExpectAsync(Tree().Mount("0:40", "/e", "ecryptfs", "/data", "rw,ecryptfs_passthrough"), "mounts-encrypted", "/e", Outcome.Unknown, "passthrough");
    }

    [Fact]
    public async Task A_malformed_crypttab_leaves_keys_unknown_and_the_rest_judged()
    {
        await ExpectAsync(Tree().Write("/etc/crypttab", "alone\n"), "keys-protected", "/etc/crypttab", Outcome.Unknown, "names no device");
        await ExpectAsync(Tree().Write("/etc/crypttab", "alone\n"), "mounts-encrypted", "/srv", Outcome.Pass);
    }

    [Fact]
    public async Task A_key_is_judged_where_the_link_leads()
    {
        var tree = Tree().Write("/etc/crypttab", "srv /dev/sdb /srv/key luks\n").Link("/srv/key", "/data/key").Write("/data/key", "");
        tree.Listing["/srv/key"] = new FileStatus(FileKind.Regular, 0b100_000_000, 0, 0, 1, default, default, 0);
        await ExpectAsync(tree, "keys-protected", "srv", Outcome.Fail, "in plain");
    }

    [Fact]
    public async Task A_volume_in_the_policy_makes_a_host_a_judge_of_its_volumes()
    {
        var tree = Tree();
        tree.Settings.Disk.Volumes = [new VolumeSettings { Id = "S1", Encrypted = true, AttestedBy = "san", At = new DateOnly(2026, 11, 20) }];
        await ExpectAsync(tree.Write("/sys/devices/pci0/sda/serial", "S1\n"), "volume-attested", "S1", Outcome.Pass);
    }
}
