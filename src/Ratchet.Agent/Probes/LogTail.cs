using Microsoft.Win32.SafeHandles;

namespace Ratchet.Agent.Probes;

/// <summary>Takes one line without its line feed, and where in the file it begins; false ends the reading.</summary>
delegate bool LineReader(ReadOnlySpan<byte> line, long offset);

/// <summary>Reads a log of any size from its end, in blocks, line by line.</summary>
static class LogTail
{
    const int Block = 64 << 10;

    /// <summary>
    /// Hands over the complete lines in [<paramref name="floor"/>, <paramref name="end"/>), the last one first. A line longer
    /// than a block is skipped.
    /// </summary>
    /// <param name="limit">Most bytes that are read.</param>
    /// <returns>Where the first line that was handed over begins; <paramref name="floor"/> when all were.</returns>
    public static long ReadBackwards(SafeFileHandle file, long floor, long end, long limit, LineReader read)
    {
        var buffer = new byte[Block];
        var lowest = Math.Max(floor, end - limit);
        // An end in the middle of a line leaves a head there that is none.
        var skipping = true;
        while (end > lowest)
        {
            var start = Math.Max(lowest, end - Block);
            var block = buffer.AsSpan(0, (int)(end - start));
            if (Fill(file, block, start) < block.Length) throw new IOException("the file was cut while it was read");
            // What stands before the first line feed may have begun in an earlier block.
            var first = start == floor ? 0 : block.IndexOf((byte)'\n') + 1;
            if (start != floor && (first == 0 || first == block.Length))
            {
                skipping = true;
                end = start;
                continue;
            }
            if (!Lines(block, first, start, ref skipping, read, out var reached)) return reached;
            end = start + first;
            if (start == lowest) break;
        }
        return end;
    }

    /// <summary>The end of the last complete line of a file; the beginning of its last block where that holds none.</summary>
    public static long LastLineEnd(SafeFileHandle file, long size)
    {
        var buffer = new byte[(int)Math.Min(Block, size)];
        var count = Fill(file, buffer, size - buffer.Length);
        return size - buffer.Length + buffer.AsSpan(0, count).LastIndexOf((byte)'\n') + 1;
    }

    static bool Lines(ReadOnlySpan<byte> block, int first, long start, ref bool skipping, LineReader read, out long reached)
    {
        var rest = block[first..];
        while (!rest.IsEmpty)
        {
            var isWhole = rest[^1] == (byte)'\n';
            var line = isWhole ? rest[..^1] : rest;
            var at = line.LastIndexOf((byte)'\n') + 1;
            reached = start + first + at;
            var isHead = skipping && !isWhole;
            skipping = false;
            if (!isHead && !read(line[at..], reached)) return false;
            rest = rest[..at];
        }
        reached = start + first;
        return true;
    }

    static int Fill(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        var filled = 0;
        while (filled < buffer.Length && RandomAccess.Read(file, buffer[filled..], offset + filled) is > 0 and var count) filled += count;
        return filled;
    }
}
