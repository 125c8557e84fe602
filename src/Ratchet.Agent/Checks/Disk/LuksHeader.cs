using System.Buffers.Binary;
using System.Text;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>Reads a device from an offset; fewer bytes at its end.</summary>
delegate byte[] ReadDevice(long offset, int count);

/// <summary>
/// What the header of a LUKS device says: <c>LUKS\xBA\xBE</c>, a version, then for version 1 a table of 592 bytes and for
/// version 2 a binary block, JSON, and a second copy of both. No key material is kept.
/// </summary>
/// <param name="Uuid">In lower case without hyphens, as the device mapper repeats it.</param>
/// <param name="Ciphers">Of the data, one for each segment that is different.</param>
/// <param name="Kdfs">How passphrases become keys, for each key slot: <c>argon2id</c>, <c>pbkdf2 sha256 1000 iterations</c>.</param>
sealed record LuksHeader(int Version, string Uuid, IReadOnlyList<Cipher> Ciphers, IReadOnlyList<string> Kdfs)
{
    public static ReadOnlySpan<byte> Magic => "LUKS"u8;

    /// <summary>Types of the tokens: <c>systemd-tpm2</c>, <c>clevis</c>.</summary>
    public IReadOnlyList<string> Tokens { get; init; } = [];

    /// <summary>What a reader of the data must be able to do: <c>online-reencrypt</c>.</summary>
    public IReadOnlyList<string> Requirements { get; init; } = [];

    /// <summary>A part of the data is stored as it is: a re-encryption has not ended.</summary>
    public bool HasPlainPart { get; init; }

    /// <summary>The drive encrypts (OPAL), and nothing else does.</summary>
    public bool HasDrivePart { get; init; }

    /// <summary>A key slot keeps the volume key as it is.</summary>
    public bool HasPlainKeySlot { get; init; }

    /// <summary>How the two copies of a LUKS2 header differ; null where they agree.</summary>
    public string? Disagreement { get; init; }

    /// <summary>Null where the device has no LUKS header.</summary>
    /// <exception cref="FormatException">It has one, and it is damaged or of another form than it should be.</exception>
    public static LuksHeader? Read(ReadDevice read)
    {
        const int luks1Size = 592;
        var start = read(0, Luks2Header.CommonSize);
        if (!IsMagic(start, Magic)) return Luks2Header.Read(read, start);
        return BinaryPrimitives.ReadUInt16BigEndian(start.AsSpan(6)) switch
        {
            1 when start.Length >= luks1Size => ParseVersion1(start),
            2 => Luks2Header.Read(read, start),
            var version => throw new FormatException($"LUKS header of version {version}, or cut"),
        };
    }

    public static bool IsMagic(ReadOnlySpan<byte> header, ReadOnlySpan<byte> word) => header.Length >= 8 && header.StartsWith(word) && header[4] == 0xBA && header[5] == 0xBE;

    /// <summary>A text of fixed room that ends at the first zero byte.</summary>
    public static string Text(ReadOnlySpan<byte> room)
    {
        var end = room.IndexOf((byte)0);
        var text = end < 0 ? room : room[..end];
        return text.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? throw new FormatException("LUKS header: a name has characters that do not belong there") : Encoding.ASCII.GetString(text);
    }

    public static string Plain(string uuid) => uuid.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    static LuksHeader ParseVersion1(ReadOnlySpan<byte> header)
    {
        const int slots = 8, slotsAt = 208, slotSize = 48, keyBytesAt = 108;
        const uint active = 0x00AC71F3;
        var (name, mode, hash) = (Text(header.Slice(8, 32)), Text(header.Slice(40, 32)), Text(header.Slice(72, 32)));
        var keyBytes = BinaryPrimitives.ReadUInt32BigEndian(header[keyBytesAt..]);
        if (name.Length == 0 || keyBytes is 0 or > 512) throw new FormatException("LUKS1 header: no cipher, or a key of impossible length");
        var kdfs = new List<string>();
        for (var i = 0; i < slots; i++)
        {
            var slot = header.Slice(slotsAt + (i * slotSize), slotSize);
            if (BinaryPrimitives.ReadUInt32BigEndian(slot) == active) kdfs.Add($"pbkdf2 {hash} {BinaryPrimitives.ReadUInt32BigEndian(slot[4..])} iterations");
        }
        var cipher = new Cipher(mode.Length == 0 ? name : $"{name}-{mode}", (int)keyBytes * 8);
        return new LuksHeader(1, Plain(Text(header.Slice(168, 40))), [cipher], kdfs) { HasPlainKeySlot = cipher.IsNull };
    }
}
