using System.Text;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>
/// How sshd takes a configuration line apart: a keyword, one optional <c>=</c>, then words with quotes, backslashes and a
/// comment that starts a word (strdelim and argv_split of OpenSSH 8.7 and later).
/// </summary>
static class ArgumentLine
{
    /// <summary>The keyword in lower case and what follows it; null for a blank line or a comment.</summary>
    public static (string Keyword, string Value)? Split(string line)
    {
        var text = line.Trim(' ', '\t', '\r', '\f');
        if (text.Length == 0 || text[0] == '#') return null;
        var keyword = Take(text, out var rest);
        return (keyword.ToLowerInvariant(), rest.ToString());
    }

    /// <summary>The words of a value.</summary>
    /// <exception cref="FormatException">A quote is not closed.</exception>
    public static IReadOnlyList<string> Words(string text)
    {
        var words = new List<string>();
        var i = 0;
        while (true)
        {
            while (i < text.Length && text[i] is ' ' or '\t') i++;
            if (i >= text.Length || text[i] == '#') return words;
            words.Add(Word(text, ref i));
        }
    }

    /// <summary>The words of a Match line, where <c>user=x</c> is <c>user x</c>.</summary>
    public static IReadOnlyList<string> Criteria(string text)
    {
        var words = new List<string>();
        ReadOnlySpan<char> rest = text;
        while (rest.Length > 0 && rest[0] != '#') words.Add(Take(rest, out rest));
        return words;
    }

    /// <summary>The first word, up to white space or one <c>=</c>.</summary>
    static string Take(ReadOnlySpan<char> text, out ReadOnlySpan<char> rest)
    {
        if (text[0] == '"')
        {
            var close = text[1..].IndexOf('"') + 1;
            if (close == 0) throw new FormatException("a quote is not closed");
            rest = text[(close + 1)..].TrimStart(" \t");
            return text[1..close].ToString();
        }
        var end = text.IndexOfAny(" \t\r\"=");
        if (end < 0) end = text.Length;
        rest = text[end..].TrimStart(" \t\r");
        if (rest.StartsWith('=')) rest = rest[1..].TrimStart(" \t\r");
        return text[..end].ToString();
    }

    static string Word(string text, ref int i)
    {
        var word = new StringBuilder();
        var quote = '\0';
        for (; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\\' && i + 1 < text.Length && (text[i + 1] is '\'' or '"' or '\\' || (quote == '\0' && text[i + 1] == ' '))) word.Append(text[++i]);
            else if (quote == '\0' && c is ' ' or '\t') break;
            else if (quote == '\0' && c is '"' or '\'') quote = c;
            else if (quote != '\0' && c == quote) quote = '\0';
            else word.Append(c);
        }
        return quote == '\0' ? word.ToString() : throw new FormatException("a quote is not closed");
    }
}
