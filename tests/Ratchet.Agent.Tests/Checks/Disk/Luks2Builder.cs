using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Ratchet.Agent.Tests.Checks.Disk;

/// <summary>LUKS2 headers as the format describes them, with any JSON.</summary>
static class Luks2Builder
{
    public const string Uuid = "01234567-89ab-cdef-0123-456789abcdef";

    /// <summary>The uuid of a mapping that was opened with such a header.</summary>
    public static string MapperId(string name, string uuid = Uuid) => $"CRYPT-LUKS2-{uuid.Replace("-", "", StringComparison.Ordinal)}-{name}";

    public static string Json(string cipher = "aes-xts-plain64", int keyBytes = 64, string slotCipher = "aes-xts-plain64", string segment = "", string segments = "") => $$$$"""
        {"keyslots":{"0":{"type":"luks2","key_size":{{{{keyBytes}}}},"area":{"type":"raw","encryption":"{{{{slotCipher}}}}","key_size":64},"kdf":{"type":"argon2id"}},
        "1":{"type":"luks2","key_size":{{{{keyBytes}}}},"area":{"type":"raw","encryption":"aes-xts-plain64"},"kdf":{"type":"pbkdf2","hash":"sha256","iterations":1000}}},
        "tokens":{"0":{"type":"systemd-tpm2"}},"segments":{"0":{"type":"crypt","encryption":"{{{{cipher}}}}"{{{{segment}}}}}{{{{segments}}}}},
        "digests":{"0":{"type":"pbkdf2","keyslots":["0","1"],"segments":["0"]}},"config":{"requirements":{"mandatory":["online-reencrypt-v2"]}}}
        """;

    public static byte[] Both(string json, string uuid = Uuid, ulong second = 3, int size = 0x4000, string? secondJson = null) =>
        [.. Copy("LUKS", json, uuid, 0, 3, size), .. Copy("SKUL", secondJson ?? json, uuid, size, second, size)];

    static byte[] Copy(string word, string json, string uuid, int offset, ulong sequence, int size)
    {
        var copy = new byte[size];
        Encoding.ASCII.GetBytes(word).CopyTo(copy, 0);
        (copy[4], copy[5]) = (0xBA, 0xBE);
        BinaryPrimitives.WriteUInt16BigEndian(copy.AsSpan(6), 2);
        BinaryPrimitives.WriteUInt64BigEndian(copy.AsSpan(8), (ulong)size);
        BinaryPrimitives.WriteUInt64BigEndian(copy.AsSpan(16), sequence);
        Encoding.ASCII.GetBytes("sha256").CopyTo(copy, 72);
        Encoding.ASCII.GetBytes(uuid).CopyTo(copy, 168);
        BinaryPrimitives.WriteUInt64BigEndian(copy.AsSpan(256), (ulong)offset);
        Encoding.UTF8.GetBytes(json).CopyTo(copy, 4096);
        SHA256.HashData(copy).CopyTo(copy, 448);
        return copy;
    }
}
