using System.Text;

namespace Ratchet.Agent.Checks.Salt;

/// <summary>
/// The part of YAML 1.1 that configurations of Salt are written in: one document of block maps and lists, scalars in one line (plain,
/// quoted, or a block after <c>|</c> or <c>&gt;</c>), lists and maps in brackets, over several lines too. Anchors, tags, merges and scalars over
/// several lines are refused by line: what they would mean is not guessed.
/// </summary>
sealed class Yaml
{
    const int DepthLimit = 50;

    readonly string path;
    readonly List<(int Indent, string Text, int Number)> lines = [];
    readonly string[] raw;
    int at;

    Yaml(string text, string path)
    {
        this.path = path;
        raw = text.Split('\n');
        for (var i = 0; i < raw.Length; i++)
        {
            var line = raw[i].TrimEnd('\r', ' ', '\t');
            var content = line.TrimStart(' ');
            if (content.Length > 0 && content[0] != '#') lines.Add((line.Length - content.Length, content, i + 1));
        }
    }

    /// <summary>The map that the file is; an empty file is an empty map.</summary>
    /// <exception cref="FormatException">It is none, or has what is not read; the message names the line.</exception>
    public static YamlNode Parse(string text, string path)
    {
        if (text.AsSpan().IndexOfAnyInRange('\0', '\b') >= 0 || text.Contains('\uFFFD', StringComparison.Ordinal)) throw new FormatException($"{path}: is no text");
        var yaml = new Yaml(text.TrimStart('\uFEFF'), path);
        if (yaml.lines is [(0, "---", _), ..]) yaml.at = 1;
        if (yaml.at == yaml.lines.Count) return YamlNode.Map(new Dictionary<string, YamlNode>());
        var node = yaml.Block(yaml.lines[yaml.at].Indent, 0);
        if (yaml.at < yaml.lines.Count) throw yaml.Unread("a line that does not belong to what stands above it");
        return node.Entries is null ? throw new FormatException($"{path}: is not a map of settings") : node;
    }

    YamlNode Block(int indent, int depth)
    {
        if (depth > DepthLimit) throw Unread("deeper nesting than is read");
        return IsItem(lines[at].Text) ? Sequence(indent, depth) : Mapping(indent, depth);
    }

    YamlNode Sequence(int indent, int depth)
    {
        var items = new List<YamlNode>();
        while (at < lines.Count && lines[at].Indent == indent && IsItem(lines[at].Text))
        {
            var (_, text, number) = lines[at];
            var content = text[1..].TrimStart(' ');
            if (content.Length == 0 || content[0] == '#')
            {
                at++;
                items.Add(at < lines.Count && lines[at].Indent > indent ? Block(lines[at].Indent, depth + 1) : YamlNode.Nothing);
            }
            else if (IsItem(content) || Colon(content) >= 0)
            {
                // A list or map that begins in the line of its item: as if it stood alone, further in.
                lines[at] = (indent + text.Length - content.Length, content, number);
                items.Add(Block(lines[at].Indent, depth + 1));
            }
            else items.Add(Value(content, indent));
        }
        return YamlNode.List(items);
    }

    YamlNode Mapping(int indent, int depth)
    {
        var entries = new Dictionary<string, YamlNode>();
        while (at < lines.Count && lines[at].Indent == indent && !IsItem(lines[at].Text))
        {
            var text = lines[at].Text;
            var colon = Colon(text);
            if (colon < 0) throw Unread("neither a setting nor an item of a list");
            var key = Key(text[..colon].TrimEnd());
            var rest = text[(colon + 1)..].TrimStart(' ', '\t');
            YamlNode value;
            if (rest.Length > 0 && rest[0] != '#') value = Value(rest, indent);
            else
            {
                at++;
                // A list may stand as far out as the key that it belongs to.
                value = at < lines.Count && (lines[at].Indent > indent || (lines[at].Indent == indent && IsItem(lines[at].Text))) ? Block(lines[at].Indent, depth + 1) : YamlNode.Nothing;
            }
            // Salt itself refuses it.
            if (!entries.TryAdd(key, value)) throw new FormatException($"{path}: {Printable.Clean(key, 64)} stands there twice");
        }
        return YamlNode.Map(entries);
    }

    /// <summary>What stands behind a key or a dash, and the lines that belong to it.</summary>
    YamlNode Value(string text, int indent)
    {
        if (text[0] is '|' or '>') return BlockScalar(text, indent);
        var last = at;
        var node = new YamlFlow(text[0] is '[' or '{' ? Gathered(text, indent, ref last) : text, Unread).Whole();
        at = last + 1;
        if (at < lines.Count && lines[at].Indent > indent) throw Unread("a value over several lines");
        return node;
    }

    /// <summary>What stands in brackets, with the lines further in up to its end: Salt breaks its own _schedule.conf after 80 characters.</summary>
    string Gathered(string text, int indent, ref int last)
    {
        var open = YamlFlow.Opened(text, Unread, out var end);
        if (open <= 0) return text;
        var whole = new StringBuilder(text, 0, end, text.Length);
        while (open > 0 && last + 1 < lines.Count && lines[last + 1].Indent > indent)
        {
            var next = lines[++last].Text;
            open += YamlFlow.Opened(next, Unread, out end);
            // The end of a line is a blank.
            whole.Append(' ').Append(next, 0, end);
        }
        return whole.ToString();
    }

    /// <summary>The text of a block is of no rule's interest beyond that it is there: indentation is cut as in its first line.</summary>
    YamlNode BlockScalar(string head, int indent)
    {
        if (head.TrimEnd() is not ("|" or ">" or "|-" or ">-" or "|+" or ">+")) throw Unread("a block with an indicator that is not read");
        var text = new StringBuilder();
        var last = lines[at].Number;
        for (var i = last; i < raw.Length; i++)
        {
            var line = raw[i].TrimEnd('\r');
            var content = line.TrimStart(' ');
            if (content.Length > 0 && line.Length - content.Length <= indent) break;
            text.Append(content).Append('\n');
            last = i + 1;
        }
        while (at < lines.Count && lines[at].Number <= last) at++;
        return YamlNode.Scalar(text.ToString(), isPlain: false);
    }

    static bool IsItem(string text) => text is "-" || text.StartsWith("- ", StringComparison.Ordinal);

    /// <summary>Where the colon of <c>key: value</c> is; -1 where the line is none.</summary>
    static int Colon(string text)
    {
        var from = 0;
        if (text[0] is '"' or '\'')
        {
            from = text.IndexOf(text[0], 1) + 1;
            if (from == 0) return -1;
            return from < text.Length && text[from..].TrimStart() is [':', ..] ? text.IndexOf(':', from) : -1;
        }
        if (text[0] is '[' or '{' or '|' or '>') return -1;
        for (var i = from; i < text.Length; i++)
        {
            if (text[i] == '#' && i > 0 && text[i - 1] == ' ') return -1;
            if (text[i] == ':' && (i + 1 == text.Length || text[i + 1] is ' ' or '\t')) return i;
        }
        return -1;
    }

    string Key(string text)
    {
        if (text.Length == 0 || text is "<<" || text[0] is '&' or '*' or '!' or '?' or '%' or '@' or '`' or '\t') throw Unread("a key that is not read (anchor, alias, tag or merge)");
        return text[0] is '"' or '\'' ? text[1..^1] : text;
    }

    FormatException Unread(string what) => new($"{path}:{(at < lines.Count ? lines[at].Number : raw.Length)}: {what}");
}
