using System.Globalization;
using System.Text;

namespace Ratchet.Agent.Checks.Salt;

/// <summary>A value of YAML, put into one line: a plain or quoted scalar, or <c>[a, b]</c>, <c>{a: b}</c> of them; perhaps a comment behind it.</summary>
sealed class YamlFlow(string text, Func<string, FormatException> unread)
{
    const int DepthLimit = 50;

    int at;

    public YamlNode Whole()
    {
        var node = text[0] is '[' or '{' or '"' or '\'' ? Value(0) : Plain("", isFlow: false);
        var rest = text.AsSpan(at).TrimStart();
        // A comment has white space before it.
        if (!rest.IsEmpty && (rest[0] != '#' || text[^(rest.Length + 1)] is not (' ' or '\t'))) throw unread("more behind a value");
        return node;
    }

    /// <summary>How many more brackets a line opens than it closes. A text over several lines is not read.</summary>
    /// <param name="end">Where the line ends, or a comment begins.</param>
    public static int Opened(string line, Func<string, FormatException> unread, out int end)
    {
        var (open, isStart) = (0, true);
        for (end = 0; end < line.Length; end++)
        {
            var c = line[end];
            if (c == '#' && end > 0 && line[end - 1] is ' ' or '\t') return open;
            if (c is '"' or '\'' && isStart)
            {
                for (end++; end < line.Length && line[end] != c; end++)
                    if (c == '"' && line[end] == '\\') end++;
                // Two single quotes are one of the text: the second begins a text again.
                if (end >= line.Length) throw unread("a text over several lines");
                isStart = c == '\'';
                continue;
            }
            if (c is '[' or '{') open++;
            if (c is ']' or '}') open--;
            if (c is not (' ' or '\t')) isStart = c is '[' or '{' or ',' or ':';
        }
        return open;
    }

    YamlNode Value(int depth)
    {
        if (depth > DepthLimit) throw unread("deeper nesting than is read");
        Skip();
        return At switch
        {
            '[' => List(depth),
            '{' => Map(depth),
            '"' => YamlNode.Scalar(Double(), isPlain: false),
            '\'' => YamlNode.Scalar(Single(), isPlain: false),
            _ => Plain(",]}", isFlow: true),
        };
    }

    YamlNode List(int depth)
    {
        var items = new List<YamlNode>();
        for (at++, Skip(); At != ']'; Separate(']')) items.Add(Value(depth + 1));
        at++;
        return YamlNode.List(items);
    }

    YamlNode Map(int depth)
    {
        var entries = new Dictionary<string, YamlNode>();
        for (at++, Skip(); At != '}'; Separate('}'))
        {
            var key = At is '"' ? Double() : At is '\'' ? Single() : Plain(":,}", isFlow: true).Text!;
            Skip();
            if (At != ':') throw unread("a key without a value");
            at++;
            if (!entries.TryAdd(key, Value(depth + 1))) throw unread("a key that stands there twice");
        }
        at++;
        return YamlNode.Map(entries);
    }

    void Separate(char end)
    {
        Skip();
        if (At == ',') at++;
        else if (At != end) throw unread("a list or map that does not end in its line");
        Skip();
    }

    YamlNode Plain(string ends, bool isFlow)
    {
        if (At is '&' or '*' or '!' or '%' or '@' or '`' or '|' or '>' or '\0' or '#' || (At is '?' or '-' && at + 1 < text.Length && text[at + 1] == ' ')) throw unread("a value that is not read (anchor, alias or tag)");
        var start = at;
        while (at < text.Length && !ends.Contains(text[at], StringComparison.Ordinal) && !(text[at] == '#' && text[at - 1] is ' ' or '\t'))
        {
            if (!isFlow && text[at] == ':' && (at + 1 == text.Length || text[at + 1] == ' ')) throw unread("a map within a value");
            if (isFlow && text[at] is '[' or '{' or '"') throw unread("a value that is not read");
            at++;
        }
        var value = text[start..at].TrimEnd();
        return value.Length == 0 ? throw unread("an empty value in a list") : YamlNode.Scalar(value, isPlain: true);
    }

    string Single()
    {
        var value = new StringBuilder();
        for (at++; ; at++)
        {
            if (At == '\0') throw unread("a value without its closing quote");
            if (At == '\'' && (at + 1 == text.Length || text[at + 1] != '\'')) break;
            if (At == '\'') at++;
            value.Append(At);
        }
        at++;
        return value.ToString();
    }

    string Double()
    {
        var value = new StringBuilder();
        for (at++; At != '"'; at++)
        {
            if (At == '\0') throw unread("a value without its closing quote");
            if (At != '\\')
            {
                value.Append(At);
                continue;
            }
            at++;
            value.Append(At switch { 'n' => '\n', 't' => '\t', 'r' => '\r', '"' => '"', '\\' => '\\', '/' => '/', ' ' => ' ', 'x' => Code(2), 'u' => Code(4), _ => throw unread("an escape that is not read") });
        }
        at++;
        return value.ToString();
    }

    char Code(int digits)
    {
        if (at + digits >= text.Length || !ushort.TryParse(text.AsSpan(at + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)) throw unread("an escape that is not read");
        at += digits;
        return (char)code;
    }

    char At => at < text.Length ? text[at] : '\0';

    void Skip()
    {
        while (At is ' ' or '\t') at++;
    }
}
