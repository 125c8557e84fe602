using Microsoft.Win32.SafeHandles;

namespace Ratchet.Agent.Probes;

/// <summary>Takes some lines, each with its line feed, and where in the file they begin; false ends the reading.</summary>
delegate bool LineReader(ReadOnlySpan<byte> lines, long offset);

/// <summary>Reads a log of any size from its end, block by block, lines never cut.</summary>
static class LogTail
{
    const int Block = 64 << 10;

    /// <summary>
    /// Hands over the complete lines in [<paramref name="floor"/>, <paramref name="end"/>), a block of them at a time, the last
    /// block first. A line longer than a block is skipped.
    /// </summary>
    /// <param name="limit">Most bytes that are read.</param>
    /// <returns>Where the first line that was handed over begins; <paramref name="floor"/> when all were.</returns>
    public static long ReadBackwards(SafeFileHandle file, long floor, long end, long limit, LineReader read)
    {
        var buffer = new byte[Block];
        var lowest = Math.Max(floor, end - limit);
        while (end > lowest)
        {
            var start = Math.Max(lowest, end - Block);
            var block = buffer.AsSpan(0, (int)(end - start));
            if (Fill(file, block, start) < block.Length) throw new IOException("the file was cut while it was read");
            // What stands before the first line feed may have begun in an earlier block; what stands after the last one is the head of
            // a line that was too long for the block behind.
            var first = start == floor ? 0 : block.IndexOf((byte)'\n') + 1;
            var last = block.LastIndexOf((byte)'\n') + 1;
            if (last <= first)
            {
                end = start;
                continue;
            }
            end = start + first;
            if (!read(block[first..last], end) || start == lowest) break;
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

    static int Fill(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        var filled = 0;
        while (filled < buffer.Length && RandomAccess.Read(file, buffer[filled..], offset + filled) is > 0 and var count) filled += count;
        return filled;
    }
}
