using System.Text;

namespace Ratchet.Agent.Checks.Access.Sudo;

/// <summary>
/// Moves through one line of sudoers(5). <c>#</c> begins a comment, except before the digits of a user's number; double quotes and
/// backslashes take signs their meaning; what follows the path of a command, up to a comma or a colon, is its arguments.
/// </summary>
sealed class SudoLine(string line)
{
    int at;

    /// <summary>Logical lines, each with the number of its first line. A comment ends with its line, whatever it ends with.</summary>
    public static IEnumerable<(int Number, string Text)> Join(string text)
    {
        var (number, first) = (0, 1);
        var (isBound, isCommand) = (false, false);
        var pending = new StringBuilder();
        foreach (var raw in text.Split('\n'))
        {
            number++;
            if (pending.Length == 0)
            {
                first = number;
                var start = raw.TrimStart();
                (isBound, isCommand) = (start.StartsWith("#include", StringComparison.Ordinal), !start.StartsWith("Defaults", StringComparison.Ordinal));
            }
            var line = raw.TrimEnd('\r');
            // Blanks may stand between the backslash and the end.
            var end = line.AsSpan().TrimEnd(" \t");
            if (IsEscape(end) && (isBound || !HasComment(line, isCommand)))
            {
                pending.Append(end[..^1]).Append(' ');
                continue;
            }
            yield return (first, pending.Append(line).ToString());
            pending.Clear();
        }
        if (pending.Length > 0) yield return (first, pending.ToString());
    }

    /// <summary>Whether the last backslash is not itself escaped by one before it.</summary>
    static bool IsEscape(ReadOnlySpan<char> line) => (line.Length - line.TrimEnd('\\').Length) % 2 == 1;

    /// <summary>Quotes hide the sign in the values of Defaults alone: in the arguments of a command they mean nothing.</summary>
    static bool HasComment(string line, bool isCommand)
    {
        var quoted = false;
        for (var i = 0; i < line.Length; i++)
            if (line[i] == '\\') i++;
            else if (line[i] == '"' && !isCommand) quoted = !quoted;
            else if (!quoted && IsComment(line, i)) return true;
        return false;
    }

    /// <summary>The sign before a number, which may be negative, names a user.</summary>
    static bool IsComment(string line, int at)
    {
        if (line[at] != '#') return false;
        var digit = at + 1 < line.Length && line[at + 1] == '-' ? at + 2 : at + 1;
        return !(digit < line.Length && char.IsAsciiDigit(line[digit]));
    }

    /// <summary>Whether nothing but a comment is left.</summary>
    public bool IsAtEnd
    {
        get
        {
            while (at < line.Length && char.IsWhiteSpace(line[at])) at++;
            return at >= line.Length || IsComment(line, at);
        }
    }

    /// <summary>Takes a sign where it comes next.</summary>
    public bool Take(char sign)
    {
        if (IsAtEnd || line[at] != sign) return false;
        at++;
        return true;
    }

    /// <exception cref="FormatException">Something else comes next.</exception>
    public void Demand(char sign)
    {
        if (!Take(sign)) throw new FormatException($"a {sign} is missing");
    }

    /// <summary>Takes a word that this test knows, where the sign follows it; else takes nothing and returns null.</summary>
    public string? TakeBefore(char sign, Func<string, bool> known)
    {
        var start = at;
        if (!IsAtEnd && IsWordPart(line[at]) && Word() is var word && known(word) && Take(sign)) return word;
        at = start;
        return null;
    }

    /// <summary>A name, a number, a pattern, a path.</summary>
    /// <exception cref="FormatException">None comes next, or a quote is not closed.</exception>
    public string Word()
    {
        if (IsAtEnd) throw new FormatException("the line ends too early");
        var word = new StringBuilder();
        if (line[at] == '"')
        {
            for (at++; at < line.Length && line[at] != '"'; at++) word.Append(line[at] == '\\' && at + 1 < line.Length && line[at + 1] == '"' ? line[++at] : line[at]);
            if (at++ >= line.Length) throw new FormatException("a quote is not closed");
            return word.ToString();
        }
        // The number of a user, or of a group after a percent sign.
        if (line[at] == '#') word.Append(line[at++]);
        for (; at < line.Length && (IsWordPart(line[at]) || (line[at] == '#' && word is { Length: 1 } && word[0] == '%')); at++)
            word.Append(line[at] == '\\' && at + 1 < line.Length ? line[++at] : line[at]);
        return word.Length > 0 ? word.ToString() : throw new FormatException($"unexpected {line[at]}");
    }

    /// <summary>A setting of a Defaults line: <c>name</c>, <c>name = value</c>, <c>name += "a b"</c>.</summary>
    /// <param name="isOff">An exclamation mark stood before it.</param>
    /// <exception cref="FormatException">None comes next.</exception>
    public SudoSetting Setting(bool isOff)
    {
        if (IsAtEnd) throw new FormatException("the line ends too early");
        var start = at;
        while (at < line.Length && (char.IsAsciiLetterOrDigit(line[at]) || line[at] == '_')) at++;
        var name = at > start ? line[start..at] : throw new FormatException($"unexpected {line[at]}");
        if (isOff) return new SudoSetting(name, '!', "");
        var sign = Take('+') ? '+' : Take('-') ? '-' : '=';
        if (sign != '=') Demand('=');
        else if (!Take('=')) return new SudoSetting(name, ' ', "");
        return new SudoSetting(name, sign, Value());
    }

    /// <summary>In quotes, or up to a blank or comma.</summary>
    string Value()
    {
        if (IsAtEnd) return "";
        if (line[at] == '"') return Word();
        var start = at;
        for (; at < line.Length && !char.IsWhiteSpace(line[at]) && line[at] != ','; at++)
            if (line[at] == '\\' && at + 1 < line.Length) at++;
        return line[start..Math.Min(at, line.Length)];
    }

    /// <summary>The path of a command with its arguments, one space between.</summary>
    public string Command()
    {
        var command = new StringBuilder();
        if (IsAtEnd) throw new FormatException("the line ends too early");
        // A regular expression runs to the dollar sign that ends a word.
        var (expression, arguments) = (line[at] == '^', false);
        for (; at < line.Length; at++)
        {
            var c = line[at];
            if (expression)
            {
                command.Append(c);
                if (c == '$' && (at + 1 == line.Length || char.IsWhiteSpace(line[at + 1]) || line[at + 1] is ',' or ':')) expression = false;
            }
            else if (c == '\\' && at + 1 < line.Length) command.Append(",:= \t#\\".Contains(line[++at], StringComparison.Ordinal) ? $"{line[at]}" : $"\\{line[at]}");
            else if (c is ',' or ':' or '#' || (c == '=' && !arguments)) break;
            else if (!char.IsWhiteSpace(c)) command.Append(c);
            else if (at + 1 < line.Length && !char.IsWhiteSpace(line[at + 1]) && line[at + 1] is not (',' or ':' or '#'))
            {
                command.Append(' ');
                (expression, arguments) = (line[at + 1] == '^', true);
            }
        }
        return expression ? throw new FormatException("a regular expression is not closed") : command.ToString();
    }

    static bool IsWordPart(char c) => !char.IsWhiteSpace(c) && c is not (',' or '=' or ':' or '(' or ')' or '!' or '#' or '"');
}
