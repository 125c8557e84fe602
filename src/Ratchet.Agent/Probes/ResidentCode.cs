using System.Globalization;

namespace Ratchet.Agent.Probes;

/// <summary>
/// The pages of this process that are nothing but a file's own: the program and its libraries. They are most of what a resting
/// service keeps resident, and few are touched between sweeps; the kernel has them in its page cache and brings them back at
/// the next touch, without a disk.
/// </summary>
static class ResidentCode
{
    /// <summary>Lets go of the mapped code, as madvise(2) MADV_DONTNEED does.</summary>
    /// <remarks>
    /// Only mappings that nobody has written to: <c>Anonymous: 0 kB</c> in <c>/proc/self/smaps</c>. Where a page was written,
    /// the advice would throw the writing away.
    /// </remarks>
    public static void Release()
    {
        (nuint Start, nuint End)? mapping = null;
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            if (Mapping(line) is { } next) mapping = next.IsCode ? (next.Start, next.End) : null;
            else if (mapping is { } code && line.StartsWith("Anonymous:", StringComparison.Ordinal) && line.EndsWith(" 0 kB", StringComparison.Ordinal))
                Libc.DropPages(code.Start, code.End - code.Start);
        }
    }

    /// <summary>Reads <c>7f00-7f10 r-xp 00000000 fe:00 4711  /usr/bin/program</c>; null for the lines of figures below it.</summary>
    static (nuint Start, nuint End, bool IsCode)? Mapping(string line)
    {
        var words = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 5 || words[0].IndexOf('-', StringComparison.Ordinal) is not (> 0 and var dash)) return null;
        // r-xp is code, r--s the program's file as the runtime reads it; memory without a file would be lost.
        var isCode = words is [_, "r-xp" or "r--s", _, _, not "0", ['/', ..] path] && !path.StartsWith("/memfd:", StringComparison.Ordinal);
        return (nuint.Parse(words[0].AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            nuint.Parse(words[0].AsSpan(dash + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture), isCode);
    }
}
