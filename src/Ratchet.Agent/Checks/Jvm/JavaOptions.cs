using System.Text;

namespace Ratchet.Agent.Checks.Jvm;

/// <summary>
/// The options of a JVM from one source. Values stay in memory for as long as the look takes, because Tomcat's configuration may
/// refer to them; what findings tell of them is what the properties of this class say, and never a value.
/// </summary>
sealed class JavaOptions
{
    // Options of the launcher whose value is the next word.
    static readonly string[] WithValue =
    [
        "-cp", "-classpath", "--class-path", "-p", "--module-path", "--upgrade-module-path", "--add-modules", "--add-reads", "--add-exports", "--add-opens",
        "--limit-modules", "--patch-module", "--enable-native-access", "--source", "--describe-module", "-d",
        // jsvc (Apache Commons Daemon).
        "-home", "-java-home", "-jvm", "-user", "-pidfile", "-outfile", "-errfile", "-wait", "-procname", "-umask", "-cwd",
    ];

    readonly Dictionary<string, string> properties = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> flags = new(StringComparer.Ordinal);
    readonly SortedSet<string> secrets = new(StringComparer.Ordinal);

    /// <summary>Where they stand: <c>command line</c> or the name of an environment variable.</summary>
    public string Source { get; private init; } = "";

    public string? MainClass { get; private set; }

    /// <summary>The path after <c>-jar</c>.</summary>
    public string? Jar { get; private set; }

    /// <summary>The value of <c>-config</c> after the main class: Tomcat's server.xml by another name.</summary>
    public string? Config { get; private set; }

    /// <summary>Some options stand in a file that is not looked at (<c>@file</c>, <c>-XX:Flags</c>, <c>-XX:VMOptionsFile</c>).</summary>
    public bool HasFiles { get; private set; }

    public bool Debugs { get; private set; }

    /// <summary>Names of options and arguments that carry a secret.</summary>
    public IReadOnlyCollection<string> Secrets => secrets;

    public string? Property(string name) => properties.GetValueOrDefault(name);

    /// <summary>The value of <c>-XX:NAME=…</c>.</summary>
    public string? Flag(string name) => flags.GetValueOrDefault(name);

    /// <summary>Parses <c>/proc/PID/cmdline</c>: words that each end in a zero byte.</summary>
    public static JavaOptions OfCommandLine(string cmdline)
    {
        var options = new JavaOptions { Source = "command line" };
        var words = cmdline.TrimEnd('\0').Split('\0');
        var i = 1;
        for (; i < words.Length; i++)
        {
            var word = words[i];
            if (word == "-jar" && i + 1 < words.Length) options.Jar = words[++i];
            else if (word is "-m" or "--module" && i + 1 < words.Length) options.MainClass = words[++i];
            else if (WithValue.Contains(word)) i++;
            else if (word is ['-' or '@', ..]) options.Add(word);
            else if (options.Jar is null && options.MainClass is null) options.MainClass = word;
            else break;
            if (options.Jar is not null || options.MainClass is not null) break;
        }
        options.AddArguments(words.AsSpan(Math.Min(i + 1, words.Length)));
        return options;
    }

    /// <summary>Parses the value of <c>JAVA_TOOL_OPTIONS</c> and the like: words between white space, with quotes.</summary>
    public static JavaOptions OfVariable(string name, string value)
    {
        var options = new JavaOptions { Source = name };
        foreach (var word in Words(value)) options.Add(word);
        return options;
    }

    void Add(string word)
    {
        if (word.StartsWith("-D", StringComparison.Ordinal))
        {
            var (name, value) = Pair(word[2..]);
            properties[name] = value;
            AddSecret("-D" + name, name, value);
        }
        else if (word.StartsWith("-XX:", StringComparison.Ordinal))
        {
            var (name, value) = Pair(word[4..]);
            flags[name] = value;
            HasFiles |= name is "Flags" or "VMOptionsFile";
        }
        else if (word is ['@', ..]) HasFiles = true;
        else if (word.StartsWith("-agentlib:jdwp", StringComparison.Ordinal) || word.StartsWith("-Xrunjdwp", StringComparison.Ordinal)
            || (word.StartsWith("-agentpath:", StringComparison.Ordinal) && word.Contains("libjdwp", StringComparison.Ordinal))) Debugs = true;
    }

    /// <summary>What the program itself is told: <c>--NAME=VALUE</c>, <c>--NAME VALUE</c>, <c>NAME=VALUE</c>.</summary>
    void AddArguments(ReadOnlySpan<string> words)
    {
        for (var i = 0; i < words.Length; i++)
        {
            var (name, value) = Pair(words[i]);
            if (name == "-config" && i + 1 < words.Length) Config = words[i + 1];
            if (value.Length == 0 && name.StartsWith('-') && i + 1 < words.Length && !words[i + 1].StartsWith('-')) value = words[i + 1];
            AddSecret(name, name, value);
        }
    }

    void AddSecret(string label, string name, string value)
    {
        if (!SecretName.IsValue(value)) return;
        // The trust store's password protects nothing but against accidents, and changeit is everybody's.
        if (SecretName.Matches(name) ? !(name == "javax.net.ssl.trustStorePassword" && value == "changeit") : HoldsSecret(value)) secrets.Add(label);
    }

    /// <summary>A JSON document with a secret in it, or a URL with a password: <c>jdbc:postgresql://u:p@host</c>, <c>…?password=…</c>.</summary>
    static bool HoldsSecret(string value)
    {
        if (value.StartsWith('{')) return value.Contains("password\"", StringComparison.OrdinalIgnoreCase) || value.Contains("secret\"", StringComparison.OrdinalIgnoreCase);
        var scheme = value.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0) return false;
        var rest = value.AsSpan(scheme + 3);
        var end = rest.IndexOfAny('/', '?');
        var authority = end < 0 ? rest : rest[..end];
        var at = authority.IndexOf('@');
        if (at > 0 && authority[..at].IndexOf(':') is >= 0 and var colon && colon < at - 1) return true;
        return value[scheme..].Split(['?', '&', ';']).Skip(1).Any(part => Pair(part) is var (name, text) && SecretName.Matches(name) && SecretName.IsValue(text));
    }

    static (string Name, string Value) Pair(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (text, "") : (text[..equals], text[(equals + 1)..]);
    }

    static IEnumerable<string> Words(string text)
    {
        var word = new StringBuilder();
        var (quote, open) = ('\0', false);
        foreach (var letter in text)
        {
            if (quote == '\0' && char.IsWhiteSpace(letter))
            {
                if (open) yield return word.ToString();
                word.Clear();
                open = false;
            }
            else if (quote == '\0' && letter is '"' or '\'') (quote, open) = (letter, true);
            else if (quote != '\0' && letter == quote) quote = '\0';
            else
            {
                word.Append(letter);
                open = true;
            }
        }
        if (word.Length > 0) yield return word.ToString();
    }
}
