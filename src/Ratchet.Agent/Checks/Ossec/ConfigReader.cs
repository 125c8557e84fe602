using System.Text;

namespace Ratchet.Agent.Checks.Ossec;

/// <summary>One element of ossec.conf with its text.</summary>
/// <param name="Path">Below the root element: <c>client/server-ip</c>.</param>
/// <param name="Value">Its text without the spaces around it, variables replaced.</param>
/// <param name="Root">Which root element it stands in; there may be several, equal or not.</param>
readonly record struct ConfigElement(string Path, string Value, ConfigRoot Root);

/// <summary>A root element: <c>ossec_config</c>, or <c>agent_config</c> with the agents that it is for.</summary>
/// <param name="Attributes">As written: <c>os="Linux"</c>.</param>
sealed record ConfigRoot(string Name, IReadOnlyDictionary<string, string> Attributes);

/// <summary>
/// Reads the configuration format of OSSEC, which looks like XML and is not: several root elements, comments that end in
/// <c>--&gt;</c> or <c>!&gt;</c>, a backslash before &lt;, variables (<c>&lt;var name="X"&gt;</c>, then <c>$X</c>), no entities.
/// </summary>
sealed class ConfigReader
{
    const int DepthLimit = 12;
    const int ElementLimit = 20_000;
    const int NameLimit = 64;
    const int TagLimit = 4096;

    readonly string text;
    readonly string file;
    readonly List<(string Name, int TextStart)> open = [];
    readonly List<ConfigElement> elements = [];
    readonly Dictionary<string, string> variables = [];
    ConfigRoot root = new("", new Dictionary<string, string>());
    string? variable;

    ConfigReader(string text, string file) => (this.text, this.file) = (text, file);

    /// <exception cref="FormatException">An element is not closed, or there are too many; names file and line.</exception>
    public static IReadOnlyList<ConfigElement> Parse(string text, string file)
    {
        var reader = new ConfigReader(text, file);
        reader.ReadAll();
        return reader.elements;
    }

    void ReadAll()
    {
        var at = 0;
        while ((at = text.IndexOf('<', at)) >= 0)
        {
            if (at > 0 && text[at - 1] == '\\') at++;
            else if (Follows(at, "<!")) at = EndOfComment(at);
            else if (Follows(at, "<?")) at = After(at, "?>");
            else if (Follows(at, "</")) at = Close(at);
            else at = Open(at);
        }
        if (open.Count > 0) throw Broken(text.Length, $"<{open[^1].Name}> is not closed");
    }

    int Open(int at)
    {
        var end = EndOfTag(at);
        var empty = text[end - 1] == '/';
        var inside = text[(at + 1)..(empty ? end - 1 : end)].Trim();
        var name = inside.Split((char[]?)null, 2)[0];
        if (name.Length is 0 or > NameLimit) throw Broken(at, "an element without a name");
        if (open.Count >= DepthLimit || elements.Count >= ElementLimit) throw Broken(at, "too many elements");
        if (open.Count == 0) root = new ConfigRoot(name, Attributes(inside[name.Length..]));
        if (name == "var") variable = Attributes(inside[name.Length..]).GetValueOrDefault("name");
        if (empty) Add(name, "");
        else open.Add((name, end + 1));
        return end + 1;
    }

    int Close(int at)
    {
        var end = EndOfTag(at);
        var name = text[(at + 2)..end].Trim();
        if (open.Count == 0 || open[^1].Name != name) throw Broken(at, open.Count == 0 ? $"</{name}> closes nothing" : $"<{open[^1].Name}> is not closed");
        var start = open[^1].TextStart;
        open.RemoveAt(open.Count - 1);
        // Of an element with others inside only those count.
        var value = text[start..at];
        if (!HasElement(value)) Add(name, WithoutComments(value).Replace("\\<", "<", StringComparison.Ordinal).Trim());
        return end + 1;
    }

    void Add(string name, string value)
    {
        if (name == "var" && variable is not null) variables[variable] = value;
        else if (open.Count > 0) elements.Add(new ConfigElement(string.Join('/', open.Skip(1).Select(o => o.Name).Append(name)), Expand(value), root));
    }

    /// <summary>A value is a variable or holds none that is of interest here: only whole values are replaced.</summary>
    string Expand(string value) => value is ['$', ..] && variables.TryGetValue(value[1..], out var known) ? known : value;

    static bool HasElement(string value)
    {
        for (var i = value.IndexOf('<', StringComparison.Ordinal); i >= 0; i = value.IndexOf('<', i + 1))
            if (i + 1 < value.Length && value[i + 1] is not '!' && (i == 0 || value[i - 1] != '\\')) return true;
        return false;
    }

    static string WithoutComments(string value)
    {
        if (!value.Contains("<!", StringComparison.Ordinal)) return value;
        var (rest, at) = (new StringBuilder(), 0);
        for (var start = value.IndexOf("<!", StringComparison.Ordinal); start >= 0; start = value.IndexOf("<!", at, StringComparison.Ordinal))
        {
            rest.Append(value, at, start - at);
            at = CommentEnd(value, start);
            if (at < 0) return rest.ToString();
        }
        return rest.Append(value, at, value.Length - at).ToString();
    }

    int EndOfComment(int at) => CommentEnd(text, at) is var end && end > 0 ? end : throw Broken(at, "a comment is not closed");

    /// <summary>Behind the first <c>--&gt;</c> or <c>!&gt;</c>; -1 where there is none.</summary>
    static int CommentEnd(string text, int at)
    {
        for (var end = text.IndexOf('>', at + 2); end >= 0; end = text.IndexOf('>', end + 1))
            if ((text[end - 1] == '!' && end - 1 > at + 1) || (end - at >= 4 && text[end - 1] == '-' && text[end - 2] == '-')) return end + 1;
        return -1;
    }

    /// <summary>The <c>&gt;</c> of a tag; one in quotes does not end it.</summary>
    int EndOfTag(int at)
    {
        var quote = '\0';
        for (var i = at + 1; i < Math.Min(text.Length, at + TagLimit); i++)
        {
            if (quote != '\0') quote = text[i] == quote ? '\0' : quote;
            else if (text[i] is '"' or '\'') quote = text[i];
            else if (text[i] == '>') return i;
            else if (text[i] == '<') break;
        }
        throw Broken(at, "a tag is not closed");
    }

    int After(int at, string mark) => text.IndexOf(mark, at, StringComparison.Ordinal) is >= 0 and var end ? end + mark.Length : throw Broken(at, $"{mark} is missing");

    static Dictionary<string, string> Attributes(string text)
    {
        var attributes = new Dictionary<string, string>();
        for (var at = text.IndexOf('=', StringComparison.Ordinal); at > 0; at = text.IndexOf('=', StringComparison.Ordinal))
        {
            var name = text[..at].Trim();
            var rest = text[(at + 1)..].TrimStart();
            if (rest.Length == 0 || rest[0] is not ('"' or '\'') || rest.IndexOf(rest[0], 1) is not (> 0 and var end)) break;
            attributes[name] = rest[1..end];
            text = rest[(end + 1)..];
        }
        return attributes;
    }

    bool Follows(int at, string mark) => string.CompareOrdinal(text, at, mark, 0, mark.Length) == 0;

    FormatException Broken(int at, string reason) => new($"{file}: line {text.AsSpan(0, at).Count('\n') + 1}: {reason}");
}
