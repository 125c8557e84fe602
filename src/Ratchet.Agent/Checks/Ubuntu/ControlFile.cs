using System.Text;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>One paragraph about a package, as dpkg's status and apt's lists have it; a field that is not there is empty.</summary>
/// <param name="Status">Of dpkg alone: <c>install ok installed</c>.</param>
/// <param name="Source">Empty where it is the package's own name; perhaps with a version in parentheses.</param>
readonly record struct PackageParagraph(string Package, string Version, string Architecture, string Status, string Source);

/// <summary>
/// Reads files of paragraphs (deb822(5)) of any length as a stream: lists have tens of megabytes, of which five fields count.
/// </summary>
static class ControlFile
{
    const int LineLimit = 64 << 10;

    // More than any archive has; a list that grows beyond is not read to its end.
    const long SizeLimit = 512L << 20;

    /// <param name="limit">Most bytes, unpacked, that are read.</param>
    /// <exception cref="FormatException">It is cut off, or no file of paragraphs, or longer.</exception>
    public static void Read(Stream stream, string path, Action<PackageParagraph> take, long limit = SizeLimit)
    {
        var (buffer, filled, total, skipping) = (new byte[LineLimit], 0, 0L, false);
        var (paragraph, count) = (default(PackageParagraph), 0);
        while (stream.Read(buffer.AsSpan(filled)) is > 0 and var read)
        {
            (filled, total) = (filled + read, total + read);
            if (total > limit) throw new FormatException($"{path}: has more than the {limit} bytes that are read");
            var rest = buffer.AsSpan(0, filled);
            while (rest.IndexOf((byte)'\n') is >= 0 and var end)
            {
                if (!skipping) Add(rest[..end]);
                skipping = false;
                rest = rest[(end + 1)..];
            }
            // No field that counts is that long.
            if (rest.Length == buffer.Length)
            {
                skipping = true;
                rest = [];
            }
            rest.CopyTo(buffer);
            filled = rest.Length;
        }
        if (filled > 0 || skipping) throw new FormatException($"{path}: is cut off");
        Add([]);
        if (total > 0 && count == 0) throw new FormatException($"{path}: names no package");

        void Add(ReadOnlySpan<byte> line)
        {
            if (!line.IsEmpty)
            {
                paragraph = With(paragraph, line);
                return;
            }
            if (paragraph.Package is { Length: > 0 })
            {
                take(Whole(paragraph));
                count++;
            }
            paragraph = default;
        }
    }

    static PackageParagraph With(PackageParagraph known, ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("Package: "u8)) return known with { Package = Value(line, 9) };
        if (line.StartsWith("Version: "u8)) return known with { Version = Value(line, 9) };
        if (line.StartsWith("Architecture: "u8)) return known with { Architecture = Value(line, 14) };
        if (line.StartsWith("Status: "u8)) return known with { Status = Value(line, 8) };
        return line.StartsWith("Source: "u8) ? known with { Source = Value(line, 8) } : known;
    }

    static PackageParagraph Whole(PackageParagraph known) => new(known.Package, known.Version ?? "", known.Architecture ?? "", known.Status ?? "", known.Source ?? "");

    static string Value(ReadOnlySpan<byte> line, int start) => Encoding.UTF8.GetString(line[start..]).Trim();
}
