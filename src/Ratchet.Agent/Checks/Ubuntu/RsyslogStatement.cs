using System.Text;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>One statement of rsyslog's configuration.</summary>
/// <param name="Object">In small letters: <c>action</c>; null for a line of the old language.</param>
/// <param name="Selector">What stands before an object in its line: <c>*.*</c>; null: nothing, it takes everything.</param>
/// <param name="Text">The line, or the parameters of the object.</param>
/// <param name="IsConditional">It stands in a block, or behind a condition.</param>
sealed record RsyslogStatement(string? Object, string? Selector, string Text, bool IsConditional, int Line)
{
    const int ObjectLimit = 64 << 10;

    static readonly string[] Objects = ["action", "global", "include", "module", "input", "template", "ruleset", "main_queue", "lookup_table", "parser", "timezone", "property", "constant", "dyn_stats"];

    /// <summary>A parameter's value, its name in small letters; null where it is not given.</summary>
    public string? Value(string name)
    {
        for (var at = 0; at < Text.Length;)
        {
            var equals = Text.IndexOf('=', at);
            if (equals < 0) return null;
            var open = Text.AsSpan(equals + 1).IndexOf('"');
            if (open < 0) return null;
            open += equals + 2;
            var close = Text.IndexOf('"', open);
            if (close < 0) return null;
            if (Text[at..equals].Trim().Equals(name, StringComparison.OrdinalIgnoreCase)) return Text[open..close];
            at = close + 1;
        }
        return null;
    }

    /// <exception cref="FormatException">An object or a comment has no end.</exception>
    public static IReadOnlyList<RsyslogStatement> Split(string text, string path)
    {
        var statements = new List<RsyslogStatement>();
        var (lines, depth) = (text.Split('\n'), 0);
        for (var i = 0; i < lines.Length; i++)
        {
            var (start, line) = (i, Bare(lines[i]));
            while (line.EndsWith('\\') && i + 1 < lines.Length) line = string.Concat(line.AsSpan(0, line.Length - 1), Bare(lines[++i]));
            if (line.Length == 0) continue;
            var name = NameOf(line, out var before, out var open);
            if (name is not null)
            {
                var whole = new StringBuilder(line);
                while (Close(whole.ToString(), open) < 0)
                {
                    if (++i >= lines.Length || whole.Length > ObjectLimit) throw new FormatException($"{path}:{start + 1}: {name}( without its )");
                    whole.Append(' ').Append(Bare(lines[i]));
                }
                line = whole.ToString();
                var close = Close(line, open);
                if (NameOf(line[(close + 1)..], out _, out _) is not null) throw new FormatException($"{path}:{start + 1}: two objects in one line");
                var isBehindCondition = before.Contains("if ", StringComparison.Ordinal) || before.Contains("then", StringComparison.Ordinal) || before.Contains("else", StringComparison.Ordinal) || before.Contains('{', StringComparison.Ordinal);
                statements.Add(new RsyslogStatement(name, isBehindCondition || before.Length == 0 || before == "&" ? null : before, line[(open + 1)..close], isBehindCondition || depth > 0 || before == "&", start + 1));
                // The braces around it; those in its parameters are text.
                depth += Braces(before) + Braces(line[(close + 1)..]);
                continue;
            }
            // A property filter or an old condition before the action.
            statements.Add(new RsyslogStatement(null, null, line, depth > 0 || line[0] is ':' or '&' or '!' or '+' or '-' || line.StartsWith("if ", StringComparison.Ordinal), start + 1));
            depth += Braces(line);
        }
        return statements;
    }

    /// <summary>Without comment and outer white space. A <c>#</c> within quotes is text.</summary>
    static string Bare(string line)
    {
        var isQuoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '"') isQuoted = !isQuoted;
            if (line[i] == '#' && !isQuoted) return line[..i].Trim();
        }
        return line.Trim();
    }

    static string? NameOf(string line, out string before, out int open)
    {
        foreach (var name in Objects)
            for (var at = line.IndexOf(name, StringComparison.OrdinalIgnoreCase); at >= 0; at = line.IndexOf(name, at + 1, StringComparison.OrdinalIgnoreCase))
            {
                var end = at + name.Length;
                while (end < line.Length && line[end] is ' ' or '\t') end++;
                if (end >= line.Length || line[end] != '(' || (at > 0 && (char.IsAsciiLetterOrDigit(line[at - 1]) || line[at - 1] is '_' or '$'))) continue;
                (before, open) = (line[..at].Trim(), end);
                return name;
            }
        (before, open) = ("", 0);
        return null;
    }

    /// <summary>Where the parenthesis is closed; -1 where it is not.</summary>
    static int Close(string text, int open)
    {
        var (depth, isQuoted) = (0, false);
        for (var i = open; i < text.Length; i++)
        {
            if (text[i] == '"' && text[i - 1] != '\\') isQuoted = !isQuoted;
            if (isQuoted) continue;
            if (text[i] == '(') depth++;
            else if (text[i] == ')' && --depth == 0) return i;
        }
        return -1;
    }

    static int Braces(string text) => text.Count(letter => letter == '{') - text.Count(letter => letter == '}');
}
