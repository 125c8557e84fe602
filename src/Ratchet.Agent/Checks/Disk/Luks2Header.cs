using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// The two copies of a LUKS2 header ("LUKS2 On-Disk Format", version 1.1). Each is a binary block of 4096 bytes (magic, version,
/// size of the copy at 8, sequence number at 16, checksum algorithm at 72, UUID at 168, own offset at 256, checksum at 448) and
/// JSON up to the size. The second begins where the first ends. The valid one with the higher sequence number counts.
/// </summary>
static class Luks2Header
{
    /// <summary>Both copies of the size that cryptsetup chooses.</summary>
    public const int CommonSize = 2 * 0x4000;

    const int BlockSize = 4096, ChecksumAt = 448, ChecksumRoom = 64;

    // The sizes that the format allows, which are the places of the second copy.
    static readonly int[] Sizes = [0x4000, 0x8000, 0x10000, 0x20000, 0x40000, 0x80000, 0x100000, 0x200000, 0x400000];

    sealed record Copy(ulong Sequence, string Uuid, int Size, LuksHeader Header);

    /// <summary>Null where neither copy is there.</summary>
    /// <exception cref="FormatException">Neither copy is whole.</exception>
    public static LuksHeader? Read(ReadDevice read, byte[] start)
    {
        var hasFirst = LuksHeader.IsMagic(start, LuksHeader.Magic);
        var problem = "";
        var first = hasFirst ? TryParse(read, start, 0, "LUKS"u8, ref problem) : null;
        var second = SecondPlaces(first, start, hasFirst).Select(offset => ReadSecond(read, start, offset, ref problem)).FirstOrDefault(copy => copy is not null);
        if (first is null && second is null) return hasFirst ? throw new FormatException($"LUKS2 header: neither copy is whole ({problem})") : null;
        var counts = second is null || (first is not null && first.Sequence >= second.Sequence) ? first! : second;
        return counts.Header with { Disagreement = Compare(first, second, hasFirst) };
    }

    static IEnumerable<int> SecondPlaces(Copy? first, byte[] start, bool hasFirst)
    {
        if (first is not null) return [first.Size];
        var said = hasFirst && start.Length >= 16 ? BinaryPrimitives.ReadUInt64BigEndian(start.AsSpan(8)) : 0;
        return Sizes.OrderBy(size => (ulong)size == said ? 0 : 1);
    }

    static Copy? ReadSecond(ReadDevice read, byte[] start, int offset, ref string problem)
    {
        var block = offset + BlockSize <= start.Length ? start[offset..] : read(offset, BlockSize);
        return LuksHeader.IsMagic(block, "SKUL"u8) ? TryParse(read, block, offset, "SKUL"u8, ref problem) : null;
    }

    static string? Compare(Copy? first, Copy? second, bool hasFirst) =>
        first is null ? (hasFirst ? "the first copy of the header is damaged" : "the first copy of the header is gone")
        : second is null ? "the second copy of the header is damaged"
        : first.Sequence != second.Sequence ? $"the copies of the header differ (sequence {first.Sequence} and {second.Sequence})"
        : null;

    static Copy? TryParse(ReadDevice read, byte[] block, int offset, ReadOnlySpan<byte> word, ref string problem)
    {
        try
        {
            return Parse(read, block, offset, word);
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException or KeyNotFoundException or OverflowException)
        {
            problem = e.Message;
            return null;
        }
    }

    static Copy Parse(ReadDevice read, byte[] block, int offset, ReadOnlySpan<byte> word)
    {
        if (block.Length < BlockSize || !LuksHeader.IsMagic(block, word) || BinaryPrimitives.ReadUInt16BigEndian(block.AsSpan(6)) != 2) throw new FormatException("cut, or not of version 2");
        var size = BinaryPrimitives.ReadUInt64BigEndian(block.AsSpan(8));
        if (!Sizes.Contains((int)Math.Min(size, int.MaxValue))) throw new FormatException("of a size that the format does not have");
        if (BinaryPrimitives.ReadUInt64BigEndian(block.AsSpan(256)) != (ulong)offset) throw new FormatException("made for another place");
        var whole = block.Length >= (int)size ? block[..(int)size] : read(offset, (int)size);
        if (whole.Length < (int)size) throw new FormatException("cut");
        Verify(whole);
        var json = whole.AsSpan(BlockSize);
        var end = json.IndexOf((byte)0);
        var uuid = LuksHeader.Plain(LuksHeader.Text(whole.AsSpan(168, 40)));
        return new Copy(BinaryPrimitives.ReadUInt64BigEndian(whole.AsSpan(16)), uuid, (int)size, Luks2Metadata.Parse(uuid, whole.AsMemory(BlockSize, end < 0 ? json.Length : end)));
    }

    /// <summary>The checksum is over the whole copy with its own room zero.</summary>
    static void Verify(byte[] whole)
    {
        var expected = whole.AsSpan(ChecksumAt, ChecksumRoom).ToArray();
        var zeroed = whole.ToArray();
        zeroed.AsSpan(ChecksumAt, ChecksumRoom).Clear();
        var actual = LuksHeader.Text(whole.AsSpan(72, 32)) switch
        {
            "sha256" => SHA256.HashData(zeroed),
            "sha512" => SHA512.HashData(zeroed),
            var name => throw new FormatException($"checksum by {name}, which is not known"),
        };
        if (!expected.AsSpan(0, actual.Length).SequenceEqual(actual)) throw new FormatException("the checksum is wrong");
    }
}
