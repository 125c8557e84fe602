using System.Text;
using Ratchet.Agent.Checks.Disk;
using Ratchet.Agent.Tests.Hosts;

namespace Ratchet.Agent.Tests.Checks.Disk;

public sealed class LuksHeaderTests
{
    // Headers that cryptsetup 2.6 wrote, of the recorded hosts.
    static readonly byte[] Real2 = File.ReadAllBytes(Path.Combine(Repository.Root, "tests/hosts/disk-luks2-root-lvm/root/dev/vda3"));
    static readonly byte[] Real1 = File.ReadAllBytes(Path.Combine(Repository.Root, "tests/hosts/disk-luks-on-raid1/root/dev/md127"));

    static LuksHeader? Read(byte[] device) => LuksHeader.Read((offset, count) => offset >= device.Length ? [] : device[(int)offset..(int)Math.Min(device.Length, offset + count)]);

    [Fact]
    public void A_real_header_of_version_2_tells_cipher_key_size_and_kdf()
    {
        var header = Read(Real2)!;
        Assert.Equal(new Cipher("aes-xts-plain64", 512), Assert.Single(header.Ciphers));
        Assert.Equal((2, "argon2id", null), (header.Version, Assert.Single(header.Kdfs), header.Disagreement));
    }

    [Fact]
    public void A_real_header_of_version_1_tells_cipher_key_size_and_iterations()
    {
        var header = Read(Real1)!;
        Assert.Equal(new Cipher("aes-xts-plain64", 512), Assert.Single(header.Ciphers));
        Assert.StartsWith("pbkdf2 sha256 1", Assert.Single(header.Kdfs), StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_without_a_header_has_none()
    {
        Assert.Null(Read(new byte[1 << 16]));
        Assert.Null(Read([]));
    }

    [Fact]
    public void Tokens_requirements_and_every_key_slot_are_seen()
    {
        var header = Read(Luks2Builder.Both(Luks2Builder.Json()))!;
        Assert.Equal(["argon2id", "pbkdf2 sha256 1000 iterations"], header.Kdfs);
        Assert.Equal(["systemd-tpm2"], header.Tokens);
        Assert.Equal(["online-reencrypt-v2"], header.Requirements);
    }

    [Fact]
    public void A_damaged_first_copy_leaves_the_second_and_is_reported()
    {
        var device = Luks2Builder.Both(Luks2Builder.Json());
        device[5000] ^= 1;
        Assert.Equal("the first copy of the header is damaged", Read(device)!.Disagreement);
        Array.Clear(device, 0, 4096);
        Assert.Equal("the first copy of the header is gone", Read(device)!.Disagreement);
    }

    [Fact]
    public void A_damaged_second_copy_is_reported()
    {
        var device = Luks2Builder.Both(Luks2Builder.Json());
        device[0x4000 + 4100] ^= 1;
        Assert.Equal("the second copy of the header is damaged", Read(device)!.Disagreement);
    }

    [Fact]
    public void The_copy_with_the_higher_sequence_counts()
    {
        var header = Read(Luks2Builder.Both(Luks2Builder.Json(), second: 4, secondJson: Luks2Builder.Json("cipher_null-ecb")))!;
        Assert.True(header.Ciphers[0].IsNull);
        Assert.Equal("the copies of the header differ (sequence 3 and 4)", header.Disagreement);
        Assert.False(Read(Luks2Builder.Both(Luks2Builder.Json(), second: 2, secondJson: Luks2Builder.Json("cipher_null-ecb")))!.Ciphers[0].IsNull);
    }

    [Fact]
    public void Both_copies_damaged_is_an_error_and_not_a_device_without_header()
    {
        var device = Luks2Builder.Both(Luks2Builder.Json());
        device[5000] ^= 1;
        device[0x4000 + 5000] ^= 1;
        Assert.Throws<FormatException>(() => Read(device));
    }

    [Theory]
    [InlineData(0x8000)]
    [InlineData(0x400000)]
    public void A_larger_header_is_read(int size) => Assert.Null(Read(Luks2Builder.Both(Luks2Builder.Json(), size: size))!.Disagreement);

    [Fact]
    public void The_second_copy_of_a_larger_header_is_found_without_the_first()
    {
        var device = Luks2Builder.Both(Luks2Builder.Json(), size: 0x20000);
        Array.Clear(device, 0, 4096);
        Assert.Equal("the first copy of the header is gone", Read(device)!.Disagreement);
    }

    [Fact]
    public void The_key_of_authentication_tags_is_not_counted() =>
        Assert.Equal(new Cipher("aes-xts-plain64", 512, IsAuthenticated: true), Read(Luks2Builder.Both(Luks2Builder.Json(keyBytes: 96, segment: ""","integrity":{"type":"hmac(sha256)"}""")))!.Ciphers[0]);

    [Fact]
    public void A_re_encryption_shows_every_segment_but_backups()
    {
        var header = Read(Luks2Builder.Both(Luks2Builder.Json(segments: ""","1":{"type":"linear"},"2":{"type":"crypt","encryption":"aes-cbc-plain","flags":["backup-final"]}""")))!;
        Assert.True(header.HasPlainPart);
        Assert.Single(header.Ciphers);
        header = Read(Luks2Builder.Both(Luks2Builder.Json(segments: ""","1":{"type":"crypt","encryption":"cipher_null-ecb"}""")))!;
        Assert.Equal(2, header.Ciphers.Count);
    }

    [Fact]
    public void A_key_slot_that_keeps_the_key_in_plain_is_seen() =>
        Assert.True(Read(Luks2Builder.Both(Luks2Builder.Json(slotCipher: "cipher_null-ecb")))!.HasPlainKeySlot);

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("3")]
    [InlineData("""{"segments":[]}""")]
    [InlineData("""{"segments":{}}""")]
    [InlineData("""{"segments":{"0":7}}""")]
    [InlineData("""{"segments":{"0":{"type":"crypt"}}}""")]
    [InlineData("""{"segments":{"0":{"type":"strange"}}}""")]
    [InlineData("""{"segments":{"0":{"type":"crypt","encryption":"aes-xts-plain64"}},"digests":7}""")]
    [InlineData("""{"segments":{"0":{"type":"crypt","encryption":"aes-xts-plain64"}},"digests":{"0":{"keyslots":["0"],"segments":["0"]}},"keyslots":{"0":{"type":"luks2","key_size":"x"}}}""")]
    [InlineData("""{"segments":{"0":{"type":"crypt","encryption":"aes-xts-plain64"}},"keyslots":{"0":{"type":"luks2","kdf":{"type":"pbkdf2","hash":"x","iterations":1e99}}}}""")]
    public void Json_of_another_form_is_an_error(string json) => Assert.Throws<FormatException>(() => Read(Luks2Builder.Both(json)));

    [Fact]
    public void Deep_or_endless_json_is_an_error()
    {
        Assert.Throws<FormatException>(() => Read(Luks2Builder.Both(string.Concat(Enumerable.Repeat("{\"a\":", 1500)))));
        var many = string.Join(',', Enumerable.Range(0, 200).Select(n => $$"""
            "{{n}}":{"type":"linear"}
            """));
        Assert.Throws<FormatException>(() => Read(Luks2Builder.Both($$$"""{"segments":{ {{{many}}} }}""")));
    }

    [Fact]
    public void No_cut_or_mutation_passes_for_another_cipher()
    {
        var random = new Random(7);
        foreach (var real in new[] { Real1, Real2 })
            for (var round = 0; round < 2000; round++)
            {
                var device = real[..(round % 2 == 0 ? real.Length : random.Next(real.Length))];
                for (var change = random.Next(4); change > 0 && device.Length > 0; change--) device[random.Next(Math.Min(device.Length, round % 3 == 0 ? 600 : device.Length))] = (byte)random.Next(256);
                try
                {
                    // Version 1 has no checksum: names may change, but stay names.
                    if (Read(device) is { } header) Assert.All(header.Ciphers, cipher => Assert.True(real == Real1 ? cipher.Spec.Length < 66 : cipher == new Cipher("aes-xts-plain64", 512)));
                }
                catch (FormatException)
                {
                    // Said so.
                }
            }
    }

    [Fact]
    public void A_name_with_control_characters_is_an_error()
    {
        var device = (byte[])Real1.Clone();
        Encoding.ASCII.GetBytes("aes\u001b[2J").CopyTo(device, 8);
        Assert.Throws<FormatException>(() => Read(device));
    }
}
