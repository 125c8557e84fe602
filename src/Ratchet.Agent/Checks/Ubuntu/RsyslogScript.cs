using System.Text;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>
/// Splits a file of rsyslog's configuration into statements, by the rules of its own lexer (grammar/lexer.l). A filter or a condition
/// holds for the action or the block behind it, be it on a later line, and for the actions that <c>&amp;</c> ties to that action.
/// </summary>
sealed class RsyslogScript
{
    const int FilterLimit = 50;

    static readonly string[] Objects = ["action", "global", "include", "module", "input", "template", "ruleset", "main_queue", "lookup_table", "ratelimit", "parser", "timezone", "property", "constant", "dyn_stats", "perctile_stats"];

    readonly string text, path;
    readonly List<RsyslogStatement> statements = [];
    readonly Stack<RsyslogScope> outer = new();
    // Filters since the last action, which hold for the next.
    readonly List<string> pending = [];
    RsyslogScope block = RsyslogScope.Top;
    RsyslogScope? last;
    bool isTied, isDeclared;
    int at, line = 1, counted;

    public RsyslogScript(string text, string path) => (this.text, this.path) = (Join(text), path);

    /// <exception cref="FormatException">An object, a condition or a comment has no end.</exception>
    public IReadOnlyList<RsyslogStatement> Read()
    {
        while (at < text.Length)
        {
            switch (text[at])
            {
                case '#' or '!' or '+':
                    // Comments, and the blocks of BSD, which rsyslog no longer has.
                    RestOfLine();
                    break;
                case '{':
                    Open();
                    break;
                case '}':
                    Close();
                    break;
                case '&':
                    (isTied, at) = (true, at + 1);
                    break;
                case '$':
                    statements.Add(new RsyslogStatement(null, Uncommented(RestOfLine()), block, Line()));
                    break;
                default:
                    if (char.IsWhiteSpace(text[at])) at++;
                    else if (StartsComment(at)) at = EndOfComment(at);
                    else if (EndOfFilter() is { } end) Filter(text[at..end], end);
                    else if (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '_') Word();
                    else Action(null, Uncommented(RestOfLine()));
                    break;
            }
        }
        return statements;
    }

    /// <summary>The place behind what is quoted at this place; the end of the text where nothing closes it.</summary>
    public static int EndOfQuoted(string text, int open)
    {
        for (var i = open + 1; i < text.Length; i++)
        {
            if (text[i] == '\\') i++;
            else if (text[i] == text[open]) return i + 1;
        }
        return text.Length;
    }

    /// <summary>A line that ends with a backslash goes on in the next, a comment too; empty lines behind keep the numbers of lines.</summary>
    static string Join(string text)
    {
        var joined = new StringBuilder(text.Length + 1);
        var owed = 0;
        foreach (var raw in text.Split('\n'))
        {
            var part = (owed > 0 ? raw.Trim() : raw.TrimEnd()).AsSpan();
            if (part is [.., '\\'])
            {
                joined.Append(part[..^1]);
                owed++;
                continue;
            }
            joined.Append(part).Append('\n', owed + 1);
            owed = 0;
        }
        return joined.Append('\n').ToString();
    }

    void Word()
    {
        var start = at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '_')) at++;
        var word = text[start..at].ToLowerInvariant();
        switch (word)
        {
            case "if" or "foreach":
                Filter($"{word} {Expression(word == "if" ? "then" : "do")}", at);
                break;
            case "else":
                Filter("else", at);
                break;
            case "set" or "reset" or "unset":
                Expression(";");
                Action(null, "");
                break;
            case "stop":
                Action("stop", "");
                break;
            case "call":
                Action("call", Name());
                break;
            case "call_indirect":
                Action("call", Expression(";"));
                break;
            case "continue":
                Action(null, "");
                break;
            default:
                if (Array.IndexOf(Objects, word) >= 0 && OpensObject()) Object(word);
                else Action(null, word + Name());
                break;
        }
    }

    /// <summary>Declarations stand under no filter; a block may follow them.</summary>
    void Object(string name)
    {
        var parameters = Parameters(name);
        if (name is "action" or "include") Action(name, parameters);
        else
        {
            statements.Add(new RsyslogStatement(name, parameters, block, Line()));
            isDeclared = name is "ruleset" or "template";
        }
    }

    void Action(string? name, string body)
    {
        var scope = !isTied ? Inner() : last ?? block with { Filters = [.. block.Filters, "&"] };
        if (name is not null || body.Length > 0) statements.Add(new RsyslogStatement(name, body, scope, Line()));
        last = scope;
        pending.Clear();
        isTied = isDeclared = false;
    }

    void Filter(string filter, int end)
    {
        (at, isDeclared) = (end, false);
        pending.Add(filter);
        if (block.Filters.Count + pending.Count > FilterLimit) throw new FormatException($"{path}:{Line()}: more conditions within each other than are read");
    }

    void Open()
    {
        at++;
        if (outer.Count >= FilterLimit) throw new FormatException($"{path}:{Line()}: more blocks within each other than are read");
        outer.Push(block);
        block = isDeclared ? new RsyslogScope([], IsElsewhere: true) : Inner();
        Forget();
    }

    void Close()
    {
        at++;
        if (outer.TryPop(out var before)) block = before;
        Forget();
    }

    void Forget()
    {
        pending.Clear();
        (last, isTied, isDeclared) = (null, false, false);
    }

    RsyslogScope Inner() => block with { Filters = [.. block.Filters, .. pending] };

    /// <summary>The place behind the selector or property filter that begins here, as the first of its line; null where none does.</summary>
    int? EndOfFilter()
    {
        if (!IsFirstInLine()) return null;
        if (text[at] == ':')
        {
            var rest = text.AsSpan(at, text.AsSpan(at).IndexOf('\n'));
            var open = rest.IndexOf('"');
            return open > 0 && rest[..open].Count(',') == 2 && rest[..open].TrimEnd() is [.., ','] ? EndOfQuoted(text, at + open) : null;
        }
        var i = at;
        while (text[i] == '*' || char.IsAsciiLetter(text[i])) i++;
        if (i == at) return null;
        while (char.IsAsciiDigit(text[i])) i++;
        if (text[i] is not ('.' or ',')) return null;
        var first = ++i;
        while (char.IsAsciiLetterOrDigit(text[i]) || text[i] is '*' or '.' or ',' or ';' or '!' or '=') i++;
        return i > first ? i : null;
    }

    bool IsFirstInLine()
    {
        var before = at;
        while (before > 0 && text[before - 1] is (' ' or '\t')) before--;
        return before == 0 || text[before - 1] == '\n';
    }

    bool OpensObject()
    {
        var i = at;
        while (i < text.Length && char.IsWhiteSpace(text[i])) i++;
        if (i >= text.Length || text[i] != '(') return false;
        at = i + 1;
        return true;
    }

    /// <summary>Up to the closing parenthesis, without comments.</summary>
    string Parameters(string name)
    {
        var start = Line();
        var parameters = new StringBuilder();
        while (at < text.Length)
        {
            if (text[at] == ')')
            {
                at++;
                return parameters.ToString();
            }
            if (StartsComment(at)) at = EndOfComment(at);
            else if (text[at] == '#') RestOfLine();
            else
            {
                var end = text[at] is '"' or '`' ? EndOfQuoted(text, at) : at + 1;
                parameters.Append(text, at, end - at);
                at = end;
            }
        }
        throw new FormatException($"{path}:{start}: {name}( without its )");
    }

    /// <summary>What stands here of a name, or of a list of users.</summary>
    string Name()
    {
        while (text[at] is ' ' or '\t') at++;
        var start = at;
        while (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '_' or '-' or '+' or ',' or ';' or '.') at++;
        return text[start..at];
    }

    /// <summary>Up to a word or a mark outside of quotes.</summary>
    string Expression(string terminator)
    {
        var (start, from) = (Line(), at);
        while (at < text.Length)
        {
            if (StartsComment(at)) at = EndOfComment(at);
            else if (text[at] is '"' or '\'' or '`') at = EndOfQuoted(text, at);
            else if (IsAt(terminator))
            {
                at += terminator.Length;
                return text[from..(at - terminator.Length)].Trim();
            }
            else at++;
        }
        throw new FormatException($"{path}:{start}: an expression without its {terminator}");
    }

    bool IsAt(string terminator)
    {
        if (string.Compare(text, at, terminator, 0, terminator.Length, StringComparison.OrdinalIgnoreCase) != 0) return false;
        var (before, behind) = (text[at - 1], text[at + terminator.Length]);
        return terminator == ";" || !(IsOfWord(before) || before is '$' or '!' or '.' || IsOfWord(behind));
    }

    static bool IsOfWord(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-';

    bool StartsComment(int place) => text[place] == '/' && place + 1 < text.Length && text[place + 1] == '*';

    int EndOfComment(int place)
    {
        var end = text.IndexOf("*/", place + 2, StringComparison.Ordinal);
        return end >= 0 ? end + 2 : throw new FormatException($"{path}:{Line()}: /* without its */");
    }

    string RestOfLine()
    {
        var end = text.IndexOf('\n', at);
        if (end < 0) end = text.Length;
        var rest = text[at..end];
        at = end;
        return rest;
    }

    /// <summary>A <c>#</c> within quotes is text.</summary>
    static string Uncommented(string line)
    {
        var isQuoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '"') isQuoted = !isQuoted;
            if (line[i] == '#' && !isQuoted) return line[..i].Trim();
        }
        return line.Trim();
    }

    int Line()
    {
        line += text.AsSpan(counted, at - counted).Count('\n');
        counted = at;
        return line;
    }
}
