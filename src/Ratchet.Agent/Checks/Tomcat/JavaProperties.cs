using System.Globalization;
using System.Text;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>The format of java.util.Properties: <c>name=value</c>, <c>name: value</c>, <c>name value</c>, # and ! comments, \ continues a line and escapes.</summary>
static class JavaProperties
{
    public static IReadOnlyDictionary<string, string> Parse(string text)
    {
        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        var pending = new StringBuilder();
        foreach (var raw in text.Split('\n'))
        {
            var line = raw.TrimEnd('\r').TrimStart(' ', '\t', '\f');
            if (pending.Length == 0 && line is "" or ['#' or '!', ..]) continue;
            var slashes = line.Length - line.TrimEnd('\\').Length;
            if (slashes % 2 == 1)
            {
                pending.Append(line, 0, line.Length - 1);
                continue;
            }
            Add(properties, pending.Append(line).ToString());
            pending.Clear();
        }
        if (pending.Length > 0) Add(properties, pending.ToString());
        return properties;
    }

    static void Add(Dictionary<string, string> properties, string line)
    {
        var end = 0;
        while (end < line.Length && line[end] is not ('=' or ':' or ' ' or '\t' or '\f')) end += line[end] == '\\' ? 2 : 1;
        end = Math.Min(end, line.Length);
        var value = line[end..].TrimStart(' ', '\t', '\f');
        if (value is ['=' or ':', ..]) value = value[1..].TrimStart(' ', '\t', '\f');
        properties[Unescape(line[..end])] = Unescape(value);
    }

    static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal)) return text;
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || ++i == text.Length)
            {
                if (i < text.Length) plain.Append(text[i]);
                continue;
            }
            if (text[i] == 'u' && i + 4 < text.Length && int.TryParse(text.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            {
                plain.Append((char)code);
                i += 4;
            }
            else plain.Append(text[i] switch { 't' => '\t', 'n' => '\n', 'r' => '\r', 'f' => '\f', var other => other });
        }
        return plain.ToString();
    }
}
