using System.Buffers.Binary;

namespace Ratchet.Agent.Probes;

/// <summary>
/// Reads an LZ4 frame (lz4_Frame_format.md, version 1.6): apt may keep its lists so. Frames and blocks of any size and dependence;
/// checksums are skipped, for apt checked what it stored.
/// </summary>
/// <remarks>
/// Frame: magic 04 22 4D 18, flags, block size, 8 bytes content size and 4 bytes dictionary where flagged, header checksum; blocks of a
/// length (the high bit: stored as it is) and data, with 4 bytes checksum where flagged; length 0 ends it.
/// Sequence in a block: token (literals, match length - 4), longer lengths in bytes of 255, literals, 2 bytes distance.
/// </remarks>
sealed class Lz4Stream(Stream source) : Stream
{
    const uint Magic = 0x184D2204;
    const int Window = 64 << 10;

    byte[] packed = [];
    // The window of what was unpacked last, then the block.
    byte[] plain = [];
    int position, filled;
    int blockLimit;
    bool hasBlockChecksums, hasContentChecksum, inFrame;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="InvalidDataException">It is no such frame, or is cut off.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (position == filled)
            if (!NextBlock()) return 0;
        var count = Math.Min(buffer.Length, filled - position);
        plain.AsSpan(position, count).CopyTo(buffer);
        position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) source.Dispose();
        base.Dispose(disposing);
    }

    bool NextBlock()
    {
        if (!inFrame && !BeginFrame()) return false;
        var size = ReadNumber();
        if (size == 0)
        {
            if (hasContentChecksum) ReadNumber();
            inFrame = false;
            (position, filled) = (0, 0);
            return true;
        }
        var (isStored, length) = ((size & 0x80000000) != 0, (int)(size & 0x7FFFFFFF));
        if (length > blockLimit) throw Broken("a block is longer than the frame allows");
        source.ReadExactly(packed.AsSpan(0, length));
        if (hasBlockChecksums) ReadNumber();
        // What later matches may refer to.
        var kept = Math.Min(filled, Window);
        plain.AsSpan(filled - kept, kept).CopyTo(plain);
        position = kept;
        filled = isStored ? Store(length, kept) : Unpack(packed.AsSpan(0, length), kept);
        return true;
    }

    int Store(int length, int start)
    {
        packed.AsSpan(0, length).CopyTo(plain.AsSpan(start));
        return start + length;
    }

    bool BeginFrame()
    {
        Span<byte> head = stackalloc byte[4];
        if (source.ReadAtLeast(head, 4, throwOnEndOfStream: false) is var count && count < 4) return count == 0 ? false : throw Broken("it is cut off");
        if (BinaryPrimitives.ReadUInt32LittleEndian(head) != Magic) throw Broken("it does not begin with an LZ4 frame");
        source.ReadExactly(head[..2]);
        var (flags, size) = (head[0], (head[1] >> 4) & 7);
        if (flags >> 6 != 1 || size < 4) throw Broken("an unknown version");
        blockLimit = 1 << (8 + (2 * size));
        (hasBlockChecksums, hasContentChecksum) = ((flags & 0x10) != 0, (flags & 0x04) != 0);
        if ((flags & 0x01) != 0) throw Broken("it needs a dictionary");
        Span<byte> rest = stackalloc byte[9];
        source.ReadExactly(rest[..((flags & 0x08) != 0 ? 9 : 1)]);
        if (packed.Length < blockLimit) (packed, plain) = (new byte[blockLimit], new byte[Window + blockLimit]);
        (position, filled, inFrame) = (0, 0, true);
        return true;
    }

    uint ReadNumber()
    {
        Span<byte> number = stackalloc byte[4];
        source.ReadExactly(number);
        return BinaryPrimitives.ReadUInt32LittleEndian(number);
    }

    /// <returns>The end of what was unpacked into <see cref="plain"/> from <paramref name="start"/> on.</returns>
    int Unpack(ReadOnlySpan<byte> block, int start)
    {
        var (at, end) = (0, start);
        var limit = start + blockLimit;
        while (true)
        {
            if (at >= block.Length) throw Broken("a block is cut off");
            var token = block[at++];
            var literals = Extend(block, ref at, token >> 4);
            if (literals > block.Length - at || literals > limit - end) throw Broken("literals beyond their block");
            block.Slice(at, literals).CopyTo(plain.AsSpan(end));
            (at, end) = (at + literals, end + literals);
            // The last sequence of a block has no match.
            if (at == block.Length) return end;
            if (block.Length - at < 2) throw Broken("a block is cut off");
            var distance = BinaryPrimitives.ReadUInt16LittleEndian(block[at..]);
            at += 2;
            var match = Extend(block, ref at, token & 15) + 4;
            if (distance == 0 || distance > end || match > limit - end) throw Broken("a match beyond its block");
            // Byte by byte: a match may overlap what it makes.
            for (var stop = end + match; end < stop; end++) plain[end] = plain[end - distance];
        }
    }

    static int Extend(ReadOnlySpan<byte> block, ref int at, int length)
    {
        if (length < 15) return length;
        byte more;
        do
        {
            if (at >= block.Length) throw Broken("a length is cut off");
            more = block[at++];
            length += more;
        }
        while (more == 255);
        return length;
    }

    static InvalidDataException Broken(string reason) => new($"broken LZ4: {reason}");
}
