using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;

namespace Ratchet.Agent.Records;

/// <summary>Whole lines of a file, as they came.</summary>
/// <param name="Buffer">Rented from the shared pool: whoever is done with it gives it back.</param>
/// <param name="FirstLine">Number of the first line, from 1.</param>
/// <param name="IsTooLong">It stands for one line that is longer than <see cref="LineBlocks.LineLimit"/>, and holds nothing.</param>
readonly record struct LineBlock(byte[] Buffer, int Start, int Length, long FirstLine, bool IsTooLong)
{
    public ReadOnlySpan<byte> Lines => Buffer.AsSpan(Start, Length);
}

/// <summary>Cuts a stream of any length, plain or gzip (RFC 1952), into blocks of whole lines.</summary>
static class LineBlocks
{
    /// <summary>A document of Elasticsearch holds the record and its fields.</summary>
    public const int LineLimit = 4 * Jws.LengthLimit;

    const int BlockSize = 256 << 10;

    static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The blocks in order; a line that is too long is skipped to its end, however far that is.</summary>
    /// <exception cref="InvalidDataException">A gzip stream is damaged or cut off, or something else follows it.</exception>
    public static IEnumerable<LineBlock> Read(Stream stream)
    {
        using var source = Unpacked(stream, out var gzip);
        var (buffer, filled, line, isSkipping) = (ArrayPool<byte>.Shared.Rent(BlockSize), 0, 1L, false);
        for (var isEnd = false; !isEnd;)
        {
            filled += source.ReadAtLeast(buffer.AsSpan(filled), buffer.Length - filled, throwOnEndOfStream: false);
            isEnd = filled < buffer.Length;
            var from = line == 1 && buffer.AsSpan(0, filled).StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
            if (isSkipping)
            {
                from = buffer.AsSpan(0, filled).IndexOf((byte)'\n') + 1;
                isSkipping = from == 0;
                if (isSkipping) from = filled;
                else line++;
            }
            var end = isEnd ? filled : Math.Max(from, buffer.AsSpan(0, filled).LastIndexOf((byte)'\n') + 1);
            var whole = buffer;
            buffer = ArrayPool<byte>.Shared.Rent(Math.Max(BlockSize, 2 * (filled - end)));
            whole.AsSpan(end, filled - end).CopyTo(buffer);
            filled -= end;
            if (end > from)
            {
                var block = new LineBlock(whole, from, end - from, line, IsTooLong: false);
                line += block.Lines.Count((byte)'\n');
                yield return block;
            }
            else ArrayPool<byte>.Shared.Return(whole);
            if (filled < LineLimit) continue;
            yield return new LineBlock([], 0, 0, line, IsTooLong: true);
            (isSkipping, filled) = (true, 0);
        }
        ArrayPool<byte>.Shared.Return(buffer);
        gzip?.DemandEnd();
    }

    /// <summary>The stream itself, or what it packs: told by its first two bytes, also where it cannot be wound back.</summary>
    /// <param name="gzip">What is unpacked; null where it is the stream itself.</param>
    static Stream Unpacked(Stream stream, out GzipSource? gzip)
    {
        var pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 << 10));
        var begin = pipe.ReadAtLeastAsync(2).AsTask().GetAwaiter().GetResult().Buffer;
        var isGzip = begin.Length >= 2 && begin.FirstSpan is [0x1F, 0x8B, ..];
        pipe.AdvanceTo(begin.Start);
        gzip = isGzip ? new GzipSource(pipe.AsStream()) : null;
        return gzip is null ? pipe.AsStream() : new GZipStream(gzip, CompressionMode.Decompress);
    }
}
