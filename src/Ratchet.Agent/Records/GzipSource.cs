namespace Ratchet.Agent.Records;

/// <summary>
/// What a GZipStream reads from, so that it can be told whether it read everything. It stops in silence where neither a further member
/// (RFC 1952, section 2.2) nor the end follows a member, and asks for more only when it has used up what it was given: so where it
/// never came to the end, something was left out.
/// </summary>
/// <remarks>
/// Zeros at the end of a read are kept back, and given one by one: of a stop at a zero it is known that nothing before it was left out.
/// </remarks>
sealed class GzipSource(Stream packed) : Stream
{
    /// <summary>Bytes that were given out, and of these, those before the last read.</summary>
    long given, before;

    /// <summary>Zeros that come next.</summary>
    int zeros;
    bool isAtEnd, isAtZero;

    /// <summary>Demands that nothing is left but zero bytes, which gzip(1) takes for padding, too.</summary>
    /// <exception cref="InvalidDataException">Something else is left; the message names the place.</exception>
    public void DemandEnd()
    {
        if (isAtEnd || (isAtZero && IsRestZero())) return;
        var place = isAtZero ? $"at byte {given}" : $"in bytes {before + 1} to {given}";
        throw new InvalidDataException($"a gzip member ends {place}, and what follows is neither a further member nor padding");
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        before = given;
        isAtZero = false;
        var count = zeros > 0 ? 0 : packed.Read(buffer);
        isAtEnd = zeros == 0 && count == 0;
        if (isAtEnd) return 0;
        var length = buffer[..count].TrimEnd((byte)0).Length;
        zeros += count - length;
        if (length == 0)
        {
            buffer[0] = 0;
            (length, isAtZero) = (1, true);
            zeros--;
        }
        given += length;
        return length;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) packed.Dispose();
        base.Dispose(disposing);
    }

    bool IsRestZero()
    {
        var buffer = new byte[8 << 10];
        while (packed.Read(buffer) is > 0 and var count)
            if (buffer.AsSpan(0, count).ContainsAnyExcept((byte)0)) return false;
        return true;
    }
}
