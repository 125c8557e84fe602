using System.Globalization;
using System.Text;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>One line of an authorized_keys file: options, type, key; the comment is not kept (sshd(8), AUTHORIZED_KEYS FILE FORMAT).</summary>
/// <param name="Options">Names in lower case, with values unquoted.</param>
sealed record KeyLine(IReadOnlyList<(string Name, string? Value)> Options, SshKey Key)
{
    public bool IsAuthority => Options.Any(option => option.Name == "cert-authority");

    /// <summary>The earliest expiry; without a Z the time is local.</summary>
    /// <exception cref="FormatException">The time is none; sshd then ignores the key.</exception>
    public DateTimeOffset? Expires(TimeZoneInfo zone) => Options.Where(option => option.Name == "expiry-time")
        .Select(option => (DateTimeOffset?)ParseTime(option.Value ?? "", zone)).Min();

    /// <summary>Null where sshd would skip the line: it holds no key that is known.</summary>
    public static KeyLine? Parse(string line)
    {
        try
        {
            var text = line.Trim(' ', '\t', '\r');
            var (type, rest) = NextWord(text);
            if (Matches(type, rest) is { } plain) return new KeyLine([], plain);
            var options = ParseOptions(text, out rest);
            (type, rest) = NextWord(rest);
            return Matches(type, rest) is { } key ? new KeyLine(options, key) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    public static bool IsBlank(string line) => line.AsSpan().TrimStart(" \t\r") is [] or ['#', ..];

    /// <summary>
    /// The key, where the word before it names the type that is inside. sshd compares types, not names, and skips the line where
    /// they differ or it does not know the word (sshkey_read in sshkey.c).
    /// </summary>
    static SshKey? Matches(string type, string rest)
    {
        if (type.Length is 0 or > 64 || type.AsSpan().IndexOfAny("=\",") >= 0 || !type.Contains('-', StringComparison.Ordinal)) return null;
        var bytes = new byte[rest.Length];
        // sshd passes over every blank in base64, .NET over all but these.
        var base64 = NextWord(rest).Word.Replace("\v", "", StringComparison.Ordinal).Replace("\f", "", StringComparison.Ordinal);
        if (!Convert.TryFromBase64String(base64, bytes, out var count) || count == 0) return null;
        var key = SshKey.Parse(bytes.AsSpan(0, count));
        return key.Type == SshKey.TypeOf(type) ? key : null;
    }

    static (string Word, string After) NextWord(string text)
    {
        var end = text.AsSpan().IndexOfAny(" \t");
        return end < 0 ? (text, "") : (text[..end], text[end..].TrimStart(' ', '\t'));
    }

    /// <summary>Options end at the first blank outside of quotes; <c>\"</c> is a quote inside them.</summary>
    static List<(string, string?)> ParseOptions(string text, out string rest)
    {
        var options = new List<(string, string?)>();
        var (word, quoted, i) = (new StringBuilder(), false, 0);
        for (; i < text.Length && (quoted || text[i] is not (' ' or '\t')); i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] == '"') word.Append(text[++i]);
            else if (text[i] == '"') quoted = !quoted;
            else if (text[i] == ',' && !quoted) Take();
            else word.Append(text[i]);
        }
        Take();
        rest = quoted ? throw new FormatException("a quote is not closed") : text[i..].TrimStart(' ', '\t');
        return options;

        void Take()
        {
            var option = word.ToString();
            var equals = option.IndexOf('=', StringComparison.Ordinal);
            options.Add(equals < 0 ? (option.ToLowerInvariant(), null) : (option[..equals].ToLowerInvariant(), option[(equals + 1)..]));
            word.Clear();
        }
    }

    /// <summary><c>YYYYMMDD[HHMM[SS]][Z]</c>.</summary>
    static DateTimeOffset ParseTime(string text, TimeZoneInfo zone)
    {
        var universal = text.EndsWith('Z') || text.EndsWith('z');
        var digits = universal ? text[..^1] : text;
        string[] forms = ["yyyyMMdd", "yyyyMMddHHmm", "yyyyMMddHHmmss"];
        var time = DateTime.ParseExact(digits, forms, CultureInfo.InvariantCulture, DateTimeStyles.None);
        // In the first and last hours of the calendar an offset leads out of it.
        if (time.Year is 1 or 9999) throw new FormatException("the time is out of range");
        return new DateTimeOffset(time, universal ? TimeSpan.Zero : zone.GetUtcOffset(time));
    }
}
