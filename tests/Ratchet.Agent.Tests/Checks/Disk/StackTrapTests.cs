using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Checks.Disk;

/// <summary>What other tools get wrong, and what only looks encrypted.</summary>
public sealed class StackTrapTests
{
    static readonly byte[] Header = Luks2Builder.Both(Luks2Builder.Json());

    static DiskTree Luks(byte[]? header = null, string? id = null) =>
        new DiskTree().Disk("sda", "8:0", header ?? Header).Mapped(0, "root", id ?? Luks2Builder.MapperId("root"), "sda").Mount("253:0", "/", "ext4");

    static async Task ExpectAsync(DiskTree tree, Outcome outcome, string words, string rule = "mounts-encrypted", string subject = "/")
    {
        using (tree)
        {
            var finding = await tree.JudgeAsync(rule, subject);
            Assert.Equal((outcome, finding.Message), (finding.Outcome, finding.Message));
            Assert.Contains(words, finding.Message + finding.Evidence.ToJson().ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }), StringComparison.Ordinal);
        }
    }

    [Fact]
    public Task A_real_header_with_the_uuid_of_the_mapping_is_encryption() => ExpectAsync(Luks(), Outcome.Pass, "/ ext4 → LUKS2 aes-xts-plain64 512 bit argon2id → sda");

    [Fact]
    public Task A_header_of_another_device_proves_nothing() => ExpectAsync(Luks(id: $"CRYPT-LUKS2-{new string('0', 32)}-root"), Outcome.Unknown, "is not the one that root was opened with");

    [Fact]
    public Task A_header_of_another_version_proves_nothing() => ExpectAsync(Luks(id: Luks2Builder.MapperId("root").Replace("LUKS2", "LUKS1", StringComparison.Ordinal)), Outcome.Unknown, "is not the one");

    [Fact]
    public Task A_header_that_is_missing_leaves_it_unknown() => ExpectAsync(Luks(new byte[1 << 20]), Outcome.Unknown, "detached");

    [Fact]
    public Task A_damaged_header_leaves_it_unknown() => ExpectAsync(Luks(Header[..6000]), Outcome.Unknown, "null cipher cannot be ruled out");

    [Fact]
    public async Task A_device_file_that_is_missing_leaves_it_unknown_in_both_rules()
    {
        DiskTree Tree() => new DiskTree().Disk("sda", "8:0").Mapped(0, "root", Luks2Builder.MapperId("root"), "sda").Mount("253:0", "/", "ext4");
        await ExpectAsync(Tree(), Outcome.Unknown, "CAP_DAC_READ_SEARCH");
        await ExpectAsync(Tree(), Outcome.Unknown, "CAP_DAC_READ_SEARCH", "cipher-strong", "/dev/mapper/root");
    }

    [Fact]
    public Task A_detached_header_is_found_where_crypttab_says() =>
        ExpectAsync(Luks(new byte[4096]).Write("/etc/crypttab", "root /dev/sda none luks,header=/etc/root.header\n").Write("/etc/root.header", Header), Outcome.Pass, "LUKS2 aes-xts");

    [Fact]
    public Task A_re_encryption_that_has_not_ended_is_encrypted_in_part() =>
        ExpectAsync(Luks(Luks2Builder.Both(Luks2Builder.Json(segments: ""","1":{"type":"linear"}"""))), Outcome.Fail, "re-encryption");

    [Fact]
    public Task A_drive_that_encrypts_by_itself_is_unknown() =>
        ExpectAsync(Luks(Luks2Builder.Both("""{"segments":{"0":{"type":"hw-opal"}}}""")), Outcome.Unknown, "OPAL");

    [Fact]
    public async Task A_null_cipher_is_plain_and_fails_twice()
    {
        var header = Luks2Builder.Both(Luks2Builder.Json("cipher_null-ecb", 32));
        await ExpectAsync(Luks(header), Outcome.Fail, "null cipher");
        await ExpectAsync(Luks(header), Outcome.Fail, "encrypts nothing", "cipher-strong", "/dev/mapper/root");
    }

    [Fact]
    public Task A_null_cipher_above_encryption_does_no_harm() => ExpectAsync(
        new DiskTree().Disk("sda", "8:0", Header).Mapped(0, "real", Luks2Builder.MapperId("real"), "sda")
            .Write("/dev/dm-0", Luks2Builder.Both(Luks2Builder.Json("cipher_null-ecb"), "0badc0de-0000-4000-8000-00000000c0de")).Mapped(1, "null", Luks2Builder.MapperId("null", "0badc0de-0000-4000-8000-00000000c0de"), "dm-0")
            .Mount("253:1", "/", "ext4"), Outcome.Pass, "cipher_null-ecb");

    [Fact]
    public Task A_volume_key_in_plain_fails_the_cipher() =>
        ExpectAsync(Luks(Luks2Builder.Both(Luks2Builder.Json(slotCipher: "cipher_null-ecb"))), Outcome.Fail, "key slot", "cipher-strong", "/dev/mapper/root");

    [Fact]
    public Task Weak_encryption_is_encryption_with_a_weak_cipher() =>
        ExpectAsync(Luks(Luks2Builder.Both(Luks2Builder.Json("aes-cbc-plain", 32))), Outcome.Fail, "predictable", "cipher-strong", "/dev/mapper/root");

    [Fact]
    public Task Integrity_alone_is_no_encryption() => ExpectAsync(
        new DiskTree().Disk("sda", "8:0").Mapped(0, "tags", "CRYPT-INTEGRITY-tags", "sda").Mount("253:0", "/", "ext4"), Outcome.Fail, "dm-integrity tags → sda");

    [Fact]
    public Task Encryption_with_integrity_has_its_header_below_the_integrity() => ExpectAsync(
        new DiskTree().Disk("sda", "8:0", Luks2Builder.Both(Luks2Builder.Json(keyBytes: 96, segment: ""","integrity":{"type":"hmac(sha256)"}"""))).Mapped(0, "root_dif", "CRYPT-INTEGRITY-root_dif", "sda")
            .Mapped(1, "root", Luks2Builder.MapperId("root"), "dm-0").Mount("253:1", "/", "ext4"), Outcome.Pass, "512 bit");

    [Fact]
    public Task Verity_is_no_encryption() => ExpectAsync(
        new DiskTree().Disk("sda", "8:0").Mapped(0, "image", "CRYPT-VERITY-0-image", "sda").Mount("253:0", "/", "ext4"), Outcome.Fail, "dm-verity");

    [Fact]
    public Task A_mapping_that_nobody_signed_is_unknown() => ExpectAsync(
        new DiskTree().Disk("sda", "8:0").Mapped(0, "hand", "", "sda").Mount("253:0", "/", "ext4"), Outcome.Unknown, "no uuid");

    [Fact]
    public Task A_mapping_that_nobody_signed_above_encryption_is_encrypted() => ExpectAsync(
        new DiskTree().Disk("sda", "8:0", Header).Mapped(0, "root", Luks2Builder.MapperId("root"), "sda").Mapped(1, "hand", "", "dm-0").Mount("253:1", "/", "ext4"), Outcome.Pass, "every path");

    [Fact]
    public Task A_plain_mapping_without_a_line_in_crypttab_is_unknown() => ExpectAsync(
        new DiskTree().Disk("sda", "8:0").Mapped(0, "hand", "CRYPT-PLAIN-hand", "sda").Mount("253:0", "/", "ext4"), Outcome.Unknown, "stands nowhere");

    [Fact]
    public Task A_plain_mapping_with_a_null_cipher_is_plain() => ExpectAsync(
        new DiskTree().Disk("sda", "8:0").Mapped(0, "hand", "CRYPT-PLAIN-hand", "sda").Mount("253:0", "/", "ext4").Write("/etc/crypttab", "hand /dev/sda /k cipher=cipher_null-ecb\n"), Outcome.Fail, "null cipher");

    [Theory]
    [InlineData("nbd0", "43:0")]
    [InlineData("drbd0", "147:0")]
    [InlineData("zd0", "230:0")]
    [InlineData("mystery0", "300:0")]
    public Task A_device_that_does_not_show_what_lies_below_is_unknown(string name, string number) =>
        ExpectAsync(new DiskTree().Virtual(name, number).Mount(number, "/", "ext4"), Outcome.Unknown, "does not show");

    [Fact]
    public Task A_device_that_sysfs_does_not_know_is_unknown() => ExpectAsync(new DiskTree().Mount("8:0", "/", "ext4"), Outcome.Unknown, "does not know");

    [Fact]
    public Task A_raid_without_members_is_unknown() => ExpectAsync(new DiskTree().Virtual("md0", "9:0").Mount("9:0", "/", "ext4"), Outcome.Unknown, "what it lies on");

    [Fact]
    public Task Multipath_is_followed_into_every_path() => ExpectAsync(
        new DiskTree().Disk("sda", "8:0").Disk("sdb", "8:16").Mapped(0, "mpatha", "mpath-3600", "sda", "sdb").Mapped(1, "mpatha-part1", "part1-mpath-3600", "dm-0").Mount("253:1", "/", "ext4"),
        Outcome.Fail, "mpatha-part1 → multipath mpatha → sda, sdb");

    [Fact]
    public Task A_plain_cache_of_an_encrypted_disk_is_plain_in_part() => ExpectAsync(
        new DiskTree().Disk("sda", "8:0", Header).Disk("sdb", "8:16").Mapped(0, "slow", Luks2Builder.MapperId("slow"), "sda").Virtual("bcache0", "252:0", "dm-0", "sdb").Mount("252:0", "/", "ext4"),
        Outcome.Fail, "in part");

    [Fact]
    public Task A_cache_that_only_links_of_bcache_show_counts() => ExpectAsync(
        new DiskTree().Disk("sda", "8:0", Header).Disk("sdb", "8:16").Mapped(0, "slow", Luks2Builder.MapperId("slow"), "sda").Virtual("bcache0", "252:0", "dm-0")
            .Link("/sys/devices/virtual/block/bcache0/bcache", "/sys/devices/virtual/block/dm-0/bcache").Link("/sys/devices/virtual/block/dm-0/bcache/cache", "/sys/fs/bcache/set")
            .Link("/sys/fs/bcache/set/cache0", "/sys/devices/pci0/sdb/bcache").Write("/sys/devices/pci0/sdb/bcache/x", "").Mount("252:0", "/", "ext4"),
        Outcome.Fail, "in part");

    [Fact]
    public Task The_thin_pool_is_followed_into_data_and_metadata() => ExpectAsync(
        new DiskTree().Disk("sda", "8:0", Header).Disk("sdb", "8:16").Mapped(0, "pv", Luks2Builder.MapperId("pv"), "sda").Mapped(1, "vg-pool_tmeta", "LVM-a-tmeta", "sdb").Mapped(2, "vg-pool_tdata", "LVM-a-tdata", "dm-0")
            .Mapped(3, "vg-pool-tpool", "LVM-a-tpool", "dm-1", "dm-2").Mapped(4, "vg-thin", "LVM-b", "dm-3").Mount("253:4", "/", "ext4"), Outcome.Fail, "in part");

    [Fact]
    public async Task Snapshots_that_store_in_plain_count_against_their_origin()
    {
        DiskTree Tree() => new DiskTree().Disk("sda", "8:0", Header).Disk("sdb", "8:16").Mapped(0, "pv", Luks2Builder.MapperId("pv"), "sda").Mapped(1, "vg-files-real", "LVM-a-real", "dm-0").Mapped(2, "vg-files", "LVM-a", "dm-1")
            .Mapped(3, "vg-before-cow", "LVM-b-cow", "sdb").Mapped(4, "vg-before", "LVM-b", "dm-1", "dm-3").Mount("253:2", "/", "ext4");
        await ExpectAsync(Tree(), Outcome.Pass, "LV vg/files");
        await ExpectAsync(Tree().Link("/sys/devices/virtual/block/dm-1/holders/dm-2", "/sys/devices/virtual/block/dm-2").Link("/sys/devices/virtual/block/dm-1/holders/dm-4", "/sys/devices/virtual/block/dm-4"),
            Outcome.Fail, "LV vg/before-cow → sdb");
    }

    [Theory]
    [InlineData("dm-0-8", "77", "jbd2/dm-0-8", true)]
    [InlineData("sdb", "77", "jbd2/sdb", false)]
    [InlineData("sdb", "<none>", "", true)]
    [InlineData("sdb", "77", "", false)]
    [InlineData("dm-1", "77", "jbd2/dm-1", false)]
    public Task An_external_journal_of_ext4_counts(string journal, string task, string thread, bool passes) => ExpectAsync(
        Luks().Disk("sdb", "8:16").Mapped(1, "vg-journal", "LVM-j", "sdb").Write($"/proc/fs/jbd2/{journal}/info", "").Write("/sys/fs/ext4/dm-0/journal_task", task + "\n").Write("/proc/77/comm", thread + "\n"), passes ? Outcome.Pass : Outcome.Fail, "LUKS2");

    [Fact]
    public Task The_log_device_of_xfs_counts() => ExpectAsync(
        Luks().Disk("sdb", "8:16").Mount("253:0", "/x", "nothing").Mount("253:1", "/data", "xfs", "/dev/x", "rw,logdev=/dev/sdb,noquota").Mapped(1, "x", "LVM-x", "dm-0"), Outcome.Fail, "sdb", subject: "/data");

    [Fact]
    public async Task A_device_on_itself_ends_in_unknown()
    {
        await ExpectAsync(new DiskTree().Virtual("md0", "9:0").Virtual("md1", "9:1", "md0").Link("/sys/devices/virtual/block/md0/slaves/md1", "/sys/devices/virtual/block/md1").Mount("9:1", "/", "ext4"), Outcome.Unknown, "on itself");
        await ExpectAsync(new DiskTree().Virtual("loop0", "7:0").Write("/sys/devices/virtual/block/loop0/loop/backing_file", "/image\n").Mount("7:0", "/", "ext4"), Outcome.Unknown, "on itself");
    }

    [Fact]
    public async Task A_tower_of_devices_ends_in_unknown()
    {
        var tree = new DiskTree().Disk("sda", "8:0").Mapped(0, "n0", "LVM-0", "sda");
        for (var i = 1; i < 200; i++) tree.Mapped(i, $"n{i}", $"LVM-{i}", $"dm-{i - 1}");
        await ExpectAsync(tree.Mount("253:199", "/", "ext4"), Outcome.Unknown, "more than");
    }

    [Fact]
    public async Task Devices_that_share_what_is_below_do_not_multiply()
    {
        var tree = new DiskTree().Disk("sda", "8:0");
        string[] below = ["sda"];
        for (var level = 0; level < 20; level++)
        {
            tree.Mapped(2 * level, $"a{level}", $"LVM-a{level}", below).Mapped((2 * level) + 1, $"b{level}", $"LVM-b{level}", below);
            below = [$"dm-{2 * level}", $"dm-{(2 * level) + 1}"];
        }
        // A million ways down.
        await ExpectAsync(tree.Mount("253:39", "/", "ext4"), Outcome.Fail, "not encrypted");
    }

    [Fact]
    public Task A_slave_without_a_number_is_unknown() => ExpectAsync(
        new DiskTree().Virtual("md0", "9:0").Write("/sys/devices/virtual/block/md0/slaves/sda/dev", "../../etc/passwd\n").Mount("9:0", "/", "ext4"), Outcome.Unknown, "no device number");

    [Fact]
    public Task An_overlay_that_was_mounted_outside_is_unknown() => ExpectAsync(
        new DiskTree().Mount("0:50", "/", "overlay", "overlay", "rw,lowerdir=/l,upperdir=/var/lib/docker/u,workdir=/var/lib/docker/w"), Outcome.Unknown, "outside this container");

    [Fact]
    public Task An_unknown_file_system_without_a_device_is_unknown() => ExpectAsync(Luks().Mount("0:77", "/b", "newfs", "/dev/sdb"), Outcome.Unknown, "shows no device", subject: "/b");

    [Fact]
    public Task A_program_as_file_system_is_unknown() => ExpectAsync(Luks().Mount("0:77", "/b", "fuse.gocryptfs", "/c"), Outcome.Unknown, "a program serves", subject: "/b");

    [Fact]
    public async Task A_btrfs_of_unknown_source_counts_all_btrfs_of_the_host()
    {
        var id = "/sys/fs/btrfs/1-2/devices/";
        await ExpectAsync(Luks().Mount("0:40", "/b", "btrfs", "/dev/gone").Link(id + "dm-0", "/sys/devices/virtual/block/dm-0"), Outcome.Pass, "LUKS2", subject: "/b");
        await ExpectAsync(Luks().Mount("0:40", "/b", "btrfs", "/dev/gone").Link(id + "dm-0", "/sys/devices/virtual/block/dm-0").Disk("sdb", "8:16").Link("/sys/fs/btrfs/3-4/devices/sdb", "/sys/devices/pci0/sdb"),
            Outcome.Fail, "sdb", subject: "/b");
        await ExpectAsync(Luks().Mount("0:40", "/b", "btrfs", "/dev/gone"), Outcome.Unknown, "does not name the devices", subject: "/b");
    }

    [Fact]
    public Task A_boot_partition_that_is_also_mounted_elsewhere_is_not_exempt() =>
        ExpectAsync(Luks().Disk("sdb", "8:16").Mount("8:16", "/boot", "ext4").Mount("8:16", "/srv", "ext4"), Outcome.Fail, "sdb", subject: "/srv");

    [Fact]
    public async Task Hostile_names_are_printable_in_the_evidence()
    {
        using var tree = Luks().Disk("sdb", "8:16").Mount("8:16", "/a\\033[2J\\012b", "ext4");
        var finding = (await tree.CheckAsync()).Single(one => one.Subject.StartsWith("/a", StringComparison.Ordinal));
        Assert.DoesNotContain('\u001b', finding.Evidence.ToJson().ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    }

    [Fact]
    public async Task An_empty_or_cut_mount_table_stops_the_check()
    {
        using var tree = new DiskTree();
        await Assert.ThrowsAsync<IOException>(tree.CheckAsync);
    }

    [Fact]
    public async Task Every_rule_has_a_finding_and_no_subject_comes_twice()
    {
        using var tree = Luks().Mount("0:20", "/run", "tmpfs").Mount("0:21", "/tmp", "tmpfs").Mount("253:0", "/again", "ext4").Mount("8:0", "/raw", "ext4").Mount("9:9", "/raw", "ext4", parent: 5);
        tree.Settings = new Settings { Roles = ["postgres", "tomcat", "web"] };
        var findings = await tree.CheckAsync();
        Assert.Empty(Ratchet.Agent.Checks.Disk.DiskRules.All.Except(findings.Select(finding => finding.Rule)));
        Assert.Equal(findings.Count, findings.Select(finding => (finding.Rule, finding.Subject)).Distinct().Count());
    }
}
