using System.Text;
using Ratchet.Agent.Checks.Jvm;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>
/// Resolves <c>${name}</c> and <c>${name:-default}</c> as Tomcat does: catalina.properties wins over -D, which wins over the default.
/// What cannot be resolved with certainty throws: the value is then not known.
/// </summary>
/// <param name="file">catalina.properties.</param>
/// <param name="process">The JVM whose options count; null for a Tomcat at rest, of which -D is not known.</param>
sealed class Placeholders(IReadOnlyDictionary<string, string> file, JavaProcess? process, string catalinaBase, string? home)
{
    const string Sources = "org.apache.tomcat.util.digester.PROPERTY_SOURCE";
    const int Depth = 20, Length = 1 << 16, Total = 1 << 22;

    long resolvedInAll;

    /// <exception cref="FormatException">A name cannot be resolved; the message says which.</exception>
    public string Resolve(string text, int depth = 0)
    {
        if (!text.Contains("${", StringComparison.Ordinal)) return text;
        if (depth == Depth) throw new FormatException("a ${…} leads in a circle");
        var resolved = new StringBuilder();
        var rest = text.AsSpan();
        while (rest.IndexOf("${") is >= 0 and var start)
        {
            var end = rest[start..].IndexOf('}');
            if (end < 0) break;
            Add(rest[..start]);
            Add(Value(rest[(start + 2)..(start + end)].ToString()));
            rest = rest[(start + end + 1)..];
        }
        Add(rest);
        var whole = resolved.ToString();
        return whole == text ? text : Resolve(whole, depth + 1);

        // Before it grows: a file of a kilobyte can ask for gigabytes, in one value or in many.
        void Add(ReadOnlySpan<char> part)
        {
            resolvedInAll += part.Length;
            if (resolved.Length + part.Length > Length || resolvedInAll > Total) throw new FormatException("what ${…} stands for is longer than a configuration is");
            resolved.Append(part);
        }
    }

    string Value(string expression)
    {
        var colon = expression.IndexOf(":-", StringComparison.Ordinal);
        var name = colon < 0 ? expression : expression[..colon];
        if (file.ContainsKey(Sources) || process?.Property(Sources) is not null) throw new FormatException($"${{{name}}} comes from a property source of its own, which cannot be looked into");
        if (name == "catalina.base") return catalinaBase;
        if (name == "catalina.home" && home is not null) return home;
        if (file.TryGetValue(name, out var value)) return value;
        if (process is null) throw new FormatException($"${{{name}}} is not in catalina.properties, and the options of a Tomcat at rest are not known");
        if (process.Property(name) is { } option) return option;
        if (!process.ShowsAllOptions) throw new FormatException($"${{{name}}} is not in catalina.properties, and not all options of the JVM can be seen");
        return colon >= 0 ? expression[(colon + 2)..] : throw new FormatException($"${{{name}}} is neither in catalina.properties nor among the options of the JVM");
    }
}
