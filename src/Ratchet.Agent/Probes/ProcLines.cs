using Microsoft.Win32.SafeHandles;

namespace Ratchet.Agent.Probes;

/// <summary>Looks at one line of a table.</summary>
/// <returns>Whether to go on.</returns>
delegate bool SeeLine(ReadOnlySpan<byte> line);

/// <summary>
/// A table of /proc, line by line: the memory map of a database or a search engine has up to a million, and so has the table of
/// connections of a proxy.
/// </summary>
static class ProcLines
{
    // The kernel gives a page at a time; a path has 4096 bytes at the most, and four for each where it must be escaped.
    const int Piece = 64 << 10;

    /// <returns>False where there is none or it is empty: its process has ended, or has no memory of its own.</returns>
    /// <exception cref="IOException">It may not be read.</exception>
    public static bool Read(Machine machine, string path, SeeLine see)
    {
        using var file = machine.OpenFile(path);
        if (file is null) return false;
        var (buffer, filled, offset) = (new byte[Piece], 0, 0L);
        while (ReadAt(file, buffer.AsSpan(filled), offset) is > 0 and var count)
        {
            (filled, offset) = (filled + count, offset + count);
            var rest = buffer.AsSpan(0, filled);
            for (var end = rest.IndexOf((byte)'\n'); end >= 0; end = rest.IndexOf((byte)'\n'))
            {
                if (!see(rest[..end])) return true;
                rest = rest[(end + 1)..];
            }
            if (rest.Length == Piece) throw new IOException($"{path}: has a line of more than {Piece} bytes");
            rest.CopyTo(buffer);
            filled = rest.Length;
        }
        if (filled > 0) see(buffer.AsSpan(0, filled));
        return offset > 0;
    }

    static int ReadAt(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        try
        {
            return RandomAccess.Read(file, buffer, offset);
        }
        catch (IOException e) when (e.HResult == Libc.NoProcess)
        {
            // It ended between the opening and the read.
            return 0;
        }
    }
}
