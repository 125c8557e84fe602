using System.Text;

namespace Ratchet.Agent.Checks;

/// <summary>Makes text from the host safe to print and to ship.</summary>
static class Printable
{
    /// <summary>
    /// Control and format characters (escape sequences, line breaks, right-to-left overrides) and broken surrogates become
    /// <c>\u001B</c>; what is longer than <paramref name="limit"/> characters is cut and ends in an ellipsis.
    /// </summary>
    public static string Clean(string text, int limit)
    {
        if (text.Length <= limit && !text.AsSpan().ContainsAnyExceptInRange(' ', '~')) return text;
        var clean = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length >= limit) return clean.Append('…').ToString();
            if (IsHarmless(rune)) clean.Append(rune);
            else clean.Append($"\\u{rune.Value:X4}");
        }
        return clean.ToString();
    }

    static bool IsHarmless(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format or
        System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator or
        System.Globalization.UnicodeCategory.PrivateUse or System.Globalization.UnicodeCategory.OtherNotAssigned);
}
