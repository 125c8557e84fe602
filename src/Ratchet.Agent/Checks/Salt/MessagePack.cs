using System.Buffers.Binary;
using System.Text;

namespace Ratchet.Agent.Checks.Salt;

/// <summary>
/// Walks over one value in MessagePack (msgpack/spec.md), in which Salt keeps the returns of its jobs: nothing is built of what is not
/// asked for.
/// </summary>
ref struct MessagePack(ReadOnlySpan<byte> data)
{
    const int DepthLimit = 100;

    ReadOnlySpan<byte> rest = data;

    public readonly bool IsAtEnd => rest.IsEmpty;

    /// <summary>How many entries the map has that begins here; null where it is something else, which stays unread.</summary>
    public int? TryMap() => Head() switch { >= 0x80 and <= 0x8F and var small => Count(small & 15, 1), 0xDE => Count(Number(1, 2), 3), 0xDF => Count(Number(1, 4), 5), _ => null };

    /// <summary>The same for a list.</summary>
    public int? TryList() => Head() switch { >= 0x90 and <= 0x9F and var small => Count(small & 15, 1), 0xDC => Count(Number(1, 2), 3), 0xDD => Count(Number(1, 4), 5), _ => null };

    /// <summary>A text, old raw bytes included; null where something else stands here, which is skipped.</summary>
    public string? Text()
    {
        if (TextLength() is not var (head, length))
        {
            Skip();
            return null;
        }
        var text = Encoding.UTF8.GetString(Take(head + length)[head..]);
        return text;
    }

    /// <summary>True, false, or null for anything else, which is skipped.</summary>
    public bool? Truth()
    {
        bool? truth = Head() switch { 0xC2 => false, 0xC3 => true, _ => null };
        Skip();
        return truth;
    }

    /// <summary>A whole number, or null for anything else, which is skipped.</summary>
    public long? Integer()
    {
        long? number = Head() switch { <= 0x7F and var small => small, >= 0xE0 and var negative => negative - 256, 0xCC => Number(1, 1), 0xCD => Number(1, 2), 0xCE => Number(1, 4), _ => null };
        Skip();
        return number;
    }

    public void Skip() => Skip(0);

    void Skip(int depth)
    {
        if (depth > DepthLimit) throw new FormatException("deeper nesting than is read");
        if (TryMap() is { } entries)
        {
            for (var i = 0L; i < 2L * entries; i++) Skip(depth + 1);
        }
        else if (TryList() is { } items)
        {
            for (var i = 0; i < items; i++) Skip(depth + 1);
        }
        else if (TextLength() is var (head, length)) Take(head + length);
        else Take(Size());
    }

    /// <summary>Bytes of a value that is neither text nor list nor map.</summary>
    readonly int Size() => Head() switch
    {
        <= 0x7F or >= 0xE0 or 0xC0 or 0xC2 or 0xC3 => 1,
        0xCC or 0xD0 => 2,
        0xCD or 0xD1 or 0xD4 => 3,
        0xD5 => 4,
        0xCA or 0xCE or 0xD2 => 5,
        0xD6 => 6,
        0xCB or 0xCF or 0xD3 => 9,
        0xD7 => 10,
        0xD8 => 18,
        0xC7 => checked(3 + (int)Number(1, 1)),
        0xC8 => checked(4 + (int)Number(1, 2)),
        0xC9 => Number(1, 4) is var length && length < int.MaxValue - 6 ? 6 + (int)length : throw CutOff(),
        _ => throw new FormatException("not MessagePack"),
    };

    readonly (int Head, int Length)? TextLength() => Head() switch
    {
        >= 0xA0 and <= 0xBF and var small => (1, small & 31),
        0xD9 or 0xC4 => (2, (int)Number(1, 1)),
        0xDA or 0xC5 => (3, (int)Number(1, 2)),
        0xDB or 0xC6 => (5, Number(1, 4) is var length && length < int.MaxValue - 5 ? (int)length : throw CutOff()),
        _ => null,
    };

    readonly int Head() => rest.IsEmpty ? throw CutOff() : rest[0];

    readonly long Number(int start, int bytes)
    {
        if (rest.Length < start + bytes) throw CutOff();
        var number = rest.Slice(start, bytes);
        return bytes switch { 1 => number[0], 2 => BinaryPrimitives.ReadUInt16BigEndian(number), _ => BinaryPrimitives.ReadUInt32BigEndian(number) };
    }

    int Count(long count, int head)
    {
        Take(head);
        // Each entry has at least one byte: a longer promise is a lie.
        return count <= rest.Length ? (int)count : throw CutOff();
    }

    ReadOnlySpan<byte> Take(int length)
    {
        if (length > rest.Length) throw CutOff();
        var taken = rest[..length];
        rest = rest[length..];
        return taken;
    }

    static FormatException CutOff() => new("it is cut off");
}
