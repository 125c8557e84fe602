namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>The words of an apt.conf(5) file: names, quoted values, <c>{ } ;</c>. Comments are <c>//</c>, <c>/* */</c>, and <c>#</c> but for <c>#clear</c> and <c>#include</c>.</summary>
sealed class AptTokens(string text, string path)
{
    int at;

    /// <exception cref="FormatException">A value or comment has no end.</exception>
    public IEnumerable<(string Text, bool IsQuoted)> All()
    {
        while (true)
        {
            Skip();
            if (at == text.Length) yield break;
            yield return text[at] switch { '"' => (Quoted(), true), '{' or '}' or ';' => (text[at++].ToString(), false), _ => (Word(), false) };
        }
    }

    void Skip()
    {
        while (at < text.Length)
        {
            if (char.IsWhiteSpace(text[at])) at++;
            else if (Is("//") || (text[at] == '#' && !Is("#clear") && !Is("#include"))) at = text.IndexOf('\n', at) is >= 0 and var end ? end : text.Length;
            else if (Is("/*")) at = text.IndexOf("*/", at + 2, StringComparison.Ordinal) is >= 0 and var close ? close + 2 : throw new FormatException($"{path}: a comment without end");
            else return;
        }
    }

    string Quoted()
    {
        var end = text.AsSpan(at + 1).IndexOfAny('"', '\n');
        if (end < 0 || text[at + 1 + end] != '"') throw new FormatException($"{path}: a value without its closing quote");
        var value = text.Substring(at + 1, end);
        at += end + 2;
        return value;
    }

    string Word()
    {
        var start = at++;
        while (at < text.Length && !char.IsWhiteSpace(text[at]) && text[at] is not ('{' or '}' or ';' or '"')) at++;
        return text[start..at];
    }

    bool Is(string mark) => string.CompareOrdinal(text, at, mark, 0, mark.Length) == 0;
}
