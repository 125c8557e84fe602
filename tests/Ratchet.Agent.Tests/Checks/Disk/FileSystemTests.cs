using System.Buffers.Binary;
using System.Text;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Disk;

namespace Ratchet.Agent.Tests.Checks.Disk;

/// <summary>File systems whose superblock says what neither sysfs nor the mount options do: f2fs and bcachefs.</summary>
public sealed class FileSystemTests
{
    static readonly byte[] Magic = Convert.FromHexString("c68573f666ce90a9d96a60cf803df7ef");

    static async Task ExpectAsync(DiskTree tree, Outcome outcome, string words = "")
    {
        using (tree)
        {
            var finding = await tree.JudgeAsync("mounts-encrypted", "/srv");
            Assert.Equal((outcome, finding.Message), (finding.Outcome, finding.Message));
            Assert.Contains(words, finding.Message + finding.Evidence.ToJson(), StringComparison.Ordinal);
        }
    }

    /// <summary>f2fs on an encrypted device, beside a plain one.</summary>
    static DiskTree OnF2fs(byte[] head) => new DiskTree().Disk("sda", "8:0").Disk("sdb", "8:16", Luks2Builder.Both(Luks2Builder.Json())).Mapped(0, "srv", Luks2Builder.MapperId("srv"), "sdb")
        .Write("/dev/dm-0", head).Disk("sdc", "8:32", [0]).Mount("8:0", "/", "ext4").Mount("253:0", "/srv", "f2fs");

    static byte[] F2fsHead(params string[] paths)
    {
        var head = new byte[4096];
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(1024), 0xF2F52010);
        for (var i = 0; i < paths.Length; i++) Encoding.UTF8.GetBytes(paths[i]).CopyTo(head, 1024 + 2201 + (i * 68));
        return head;
    }

    [Fact]
    public Task F2fs_on_one_encrypted_device_passes() => ExpectAsync(OnF2fs(F2fsHead()), Outcome.Pass);

    [Fact]
    public Task F2fs_that_goes_on_upon_a_plain_device_fails() => ExpectAsync(OnF2fs(F2fsHead("/dev/mapper/srv", "/dev/sdc")), Outcome.Fail, "sdc");

    [Fact]
    public Task F2fs_whose_other_devices_are_not_here_is_unknown() => ExpectAsync(OnF2fs(F2fsHead("/dev/mapper/srv", "/dev/gone")), Outcome.Unknown, "/dev/gone");

    [Fact]
    public async Task F2fs_without_a_whole_superblock_is_unknown()
    {
        await ExpectAsync(OnF2fs([]), Outcome.Unknown, "no superblock of f2fs");
        await ExpectAsync(OnF2fs(new byte[4096]), Outcome.Unknown, "no superblock of f2fs");
        await ExpectAsync(OnF2fs(F2fsHead("/dev/x")[..4000]), Outcome.Unknown, "no superblock of f2fs");
    }

    /// <summary>bcachefs over two plain disks.</summary>
    static DiskTree OnBcachefs(byte[] first, byte[] second) => new DiskTree().Disk("sda", "8:0").Disk("sdb", "8:16", first).Disk("sdc", "8:32", second)
        .Mount("8:0", "/", "ext4").Mount("0:40", "/srv", "bcachefs", "/dev/sdb:/dev/sdc");

    static byte[] BcachefsHead(bool encrypted, bool openKey = false, byte devices = 2)
    {
        var head = new byte[4096 + 16384];
        var block = head.AsSpan(4096);
        Magic.CopyTo(block[24..]);
        block[123] = devices;
        if (encrypted) block[153] = 1 << 2;
        // Fields: one of another kind, then the key.
        BinaryPrimitives.WriteUInt32LittleEndian(block[752..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(block[(752 + 32)..], 8);
        BinaryPrimitives.WriteUInt32LittleEndian(block[(752 + 36)..], 2);
        (openKey ? "bch**key"u8 : "\x01\x02\x03\x04\x05\x06\x07\x08"u8).CopyTo(block[(752 + 32 + 24)..]);
        return head;
    }

    [Fact]
    public Task Bcachefs_that_encrypts_passes() => ExpectAsync(OnBcachefs(BcachefsHead(true), BcachefsHead(true)), Outcome.Pass, "chacha20");

    [Fact]
    public Task Bcachefs_that_does_not_fails() => ExpectAsync(OnBcachefs(BcachefsHead(false), BcachefsHead(false)), Outcome.Fail, "sdb");

    [Fact]
    public Task Bcachefs_whose_key_stands_beside_it_fails() => ExpectAsync(OnBcachefs(BcachefsHead(true, openKey: true), BcachefsHead(true, openKey: true)), Outcome.Fail, "its key stands beside it in plain");

    [Fact]
    public async Task Bcachefs_that_cannot_be_read_is_unknown()
    {
        await ExpectAsync(OnBcachefs(BcachefsHead(true), []), Outcome.Unknown, "no superblock of bcachefs");
        await ExpectAsync(OnBcachefs(BcachefsHead(true, devices: 3), BcachefsHead(true)), Outcome.Unknown, "devices that its mount does not name");
    }

    [Fact]
    public void Superblocks_of_rubbish_are_refused_and_never_read_for_ever()
    {
        var random = new Random(3);
        for (var i = 0; i < 2000; i++)
        {
            var head = BcachefsHead(true).AsSpan(4096).ToArray();
            random.NextBytes(head.AsSpan(752 + random.Next(2) * 32));
            try
            {
                Assert.True(Bcachefs.Parse(head).IsEncrypted);
            }
            catch (FormatException)
            {
                // Refused, as it should be.
            }
        }
    }
}
