using System.Globalization;

namespace Ratchet.Agent.Probes;

/// <summary>The lines of passwd(5) and group(5), read as the C library reads them (nss_files).</summary>
static class NameFile
{
    /// <summary>What isspace(3) finds inside a line.</summary>
    public const string Blanks = " \t\r\v\f";

    /// <summary>
    /// Each line cut into so many fields, blanks before the name left out. Missing fields are empty, the last is the rest of the
    /// line. Comments are among them: they begin with <c>#</c>.
    /// </summary>
    public static IEnumerable<string[]> Lines(string text, int fields) => text.Split('\n').Select(line => line.TrimStart([.. Blanks]).Split(':', fields))
        .Select(found => found.Length == fields ? found : [.. found, .. Enumerable.Repeat("", fields - found.Length)]);

    public static bool IsComment(string name) => name.StartsWith('#');

    /// <summary>A uid or gid: blanks and a sign may stand before it (strtoul(3)), nothing after it. Null where it is none.</summary>
    public static uint? Number(string field)
    {
        var text = field.AsSpan().TrimStart(Blanks);
        var isNegative = text is ['-', ..];
        var digits = text is ['-' or '+', ..] ? text[1..] : text;
        if (!ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return null;
        // strtoul(3) takes a negative number for what it is without a sign, in 64 bits.
        if (isNegative) number = unchecked(0 - number);
        return number <= uint.MaxValue ? (uint)number : null;
    }
}
