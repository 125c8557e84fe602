namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>
/// The order of package versions, <c>[EPOCH:]UPSTREAM[-REVISION]</c> (deb-version(7)). Digits compare as numbers of any length, letters
/// before all else, <c>~</c> before the end.
/// </summary>
static class DebianVersion
{
    /// <returns>Less than, equal to or greater than 0.</returns>
    /// <exception cref="FormatException">One is no version.</exception>
    public static int Compare(string left, string right)
    {
        var (a, b) = (Parse(left), Parse(right));
        var epoch = CompareNumbers(a.Epoch, b.Epoch);
        if (epoch != 0) return epoch;
        var upstream = ComparePart(left.AsSpan(a.Upstream), right.AsSpan(b.Upstream));
        return upstream != 0 ? upstream : ComparePart(left.AsSpan(a.Revision), right.AsSpan(b.Revision));
    }

    static (string Epoch, Range Upstream, Range Revision) Parse(string text)
    {
        if (text.Length is 0 or > 1024 || text.AsSpan().ContainsAnyExceptInRange('!', '~')) throw Malformed(text);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var epoch = colon < 0 ? "" : text[..colon];
        if (colon == 0 || colon == text.Length - 1 || epoch.AsSpan().ContainsAnyExceptInRange('0', '9')) throw Malformed(text);
        var dash = text.LastIndexOf('-');
        return dash > colon ? (epoch, (colon + 1)..dash, (dash + 1)..) : (epoch, (colon + 1).., text.Length..);
    }

    static int ComparePart(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        while (!a.IsEmpty || !b.IsEmpty)
        {
            while ((!a.IsEmpty && !char.IsAsciiDigit(a[0])) || (!b.IsEmpty && !char.IsAsciiDigit(b[0])))
            {
                var difference = Weight(a) - Weight(b);
                if (difference != 0) return difference;
                a = a[1..];
                b = b[1..];
            }
            var (left, right) = (Digits(a), Digits(b));
            var number = CompareNumbers(a[..left], b[..right]);
            if (number != 0) return number;
            a = a[left..];
            b = b[right..];
        }
        return 0;
    }

    /// <summary>The end and a digit weigh the same: both end the run of other characters.</summary>
    static int Weight(ReadOnlySpan<char> text) => text.IsEmpty || char.IsAsciiDigit(text[0]) ? 0 : text[0] == '~' ? -1 : char.IsAsciiLetter(text[0]) ? text[0] : text[0] + 256;

    static int Digits(ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange('0', '9') is >= 0 and var end ? end : text.Length;

    static int CompareNumbers(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        a = a.TrimStart('0');
        b = b.TrimStart('0');
        return a.Length != b.Length ? a.Length - b.Length : a.SequenceCompareTo(b);
    }

    static FormatException Malformed(string text) => new($"not a package version: {Printable.Clean(text, 64)}");
}
