using System.Buffers.Binary;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// The superblock of bcachefs (bcachefs_format.h), 4096 bytes into each device. Its own encryption (ChaCha20, 256 bit) is of the
/// whole file system, and is worth nothing where the key stands beside it: <c>format --no_passphrase</c>, or once turned off.
/// </summary>
/// <param name="IsEncrypted">What is written is encrypted.</param>
/// <param name="HasOpenKey">The key is in the superblock as it is.</param>
/// <param name="Devices">How many devices it has.</param>
sealed record Bcachefs(bool IsEncrypted, bool HasOpenKey, int Devices)
{
    /// <summary>Where the superblock begins, and how much of it is read: the field with the key is among the first.</summary>
    public const int Offset = 4096, HeadSize = 16384;

    const int MagicAt = 24, DevicesAt = 123, SecondFlagsAt = 152, FieldsAt = 752;

    // A field: its length in 8 bytes, its type, for the key then flags, parameters, and a magic number that is legible where the key is.
    const int CryptField = 2, KeyMagicAt = 24;

    static ReadOnlySpan<byte> Magic => [0xc6, 0x85, 0x73, 0xf6, 0x66, 0xce, 0x90, 0xa9, 0xd9, 0x6a, 0x60, 0xcf, 0x80, 0x3d, 0xf7, 0xef];

    /// <exception cref="FormatException">It is no superblock of bcachefs, or is cut.</exception>
    public static Bcachefs Parse(ReadOnlySpan<byte> head)
    {
        if (head.Length < HeadSize || !head[MagicAt..].StartsWith(Magic)) throw new FormatException("there is no superblock of bcachefs");
        var isEncrypted = (BinaryPrimitives.ReadUInt64LittleEndian(head[SecondFlagsAt..]) & 0xFUL << 10) != 0;
        return new Bcachefs(isEncrypted, isEncrypted && HasKeyInPlain(head), head[DevicesAt]);
    }

    static bool HasKeyInPlain(ReadOnlySpan<byte> head)
    {
        for (var at = FieldsAt; at + KeyMagicAt + 8 <= head.Length;)
        {
            var size = BinaryPrimitives.ReadUInt32LittleEndian(head[at..]) * 8L;
            if (BinaryPrimitives.ReadUInt32LittleEndian(head[(at + 4)..]) == CryptField && size > KeyMagicAt) return head[(at + KeyMagicAt)..].StartsWith("bch**key"u8);
            if (size == 0 || size > head.Length) break;
            at += (int)size;
        }
        throw new FormatException("the superblock of bcachefs says that it encrypts, and does not show how its key is kept");
    }
}
