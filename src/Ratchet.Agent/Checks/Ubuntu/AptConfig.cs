using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>
/// apt's configuration as apt reads it (apt.conf(5)): the files of apt.conf.d in order, then apt.conf; names without case, later values
/// win, lists grow.
/// </summary>
sealed class AptConfig
{
    const string Parts = "/etc/apt/apt.conf.d", Main = "/etc/apt/apt.conf";

    readonly Dictionary<string, string> values = new(StringComparer.OrdinalIgnoreCase);
    readonly Dictionary<string, List<string>> lists = new(StringComparer.OrdinalIgnoreCase);

    public string? Value(string name) => values.GetValueOrDefault(name);

    public IReadOnlyList<string> List(string name) => lists.GetValueOrDefault(name) ?? [];

    /// <exception cref="FormatException">A file has what this agent does not read.</exception>
    public static AptConfig Read(Machine machine)
    {
        var config = new AptConfig();
        foreach (var path in (machine.List(Parts) ?? []).Where(IsRead).Select(name => $"{Parts}/{name}").Append(Main))
            if (machine.ReadText(path) is { } text) config.Add(text, path);
        return config;
    }

    /// <summary>Names without an ending or with <c>.conf</c>, of letters, digits, <c>- _ .</c>: others are left behind by dpkg and editors.</summary>
    static bool IsRead(string name) => name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.') && (!name.Contains('.', StringComparison.Ordinal) || name.EndsWith(".conf", StringComparison.Ordinal));

    internal void Add(string text, string path)
    {
        var scopes = new Stack<string>();
        var words = new List<(string Text, bool IsQuoted)>();
        foreach (var word in new AptTokens(text, path).All())
            switch (word)
            {
                case ("{", false):
                    if (words is not [var (scope, _)]) throw Malformed(path, "a block without one name");
                    scopes.Push(Join(scopes, scope));
                    words.Clear();
                    break;
                case ("}", false):
                    if (words.Count > 0 || !scopes.TryPop(out _)) throw Malformed(path, "a } too many, or a ; too few");
                    break;
                case (";", false):
                    Assign(scopes, words, path);
                    words.Clear();
                    break;
                default:
                    words.Add(word);
                    break;
            }
        if (words.Count > 0 || scopes.Count > 0) throw Malformed(path, "it ends within a statement");
    }

    void Assign(Stack<string> scopes, List<(string Text, bool IsQuoted)> words, string path)
    {
        switch (words)
        {
            case []:
                break;
            case [("#clear", false), (var name, _)]:
                Clear(Join(scopes, name));
                break;
            case [(['#', ..], false), ..]:
                throw Malformed(path, $"{words[0].Text} is not read by this agent");
            case [(var item, true)] when scopes.Count > 0:
                Append(scopes.Peek(), item);
                break;
            case [(var name, false)]:
                values[Join(scopes, name)] = "";
                break;
            case [(var name, false), (var value, _)] when name.EndsWith("::", StringComparison.Ordinal):
                Append(Join(scopes, name[..^2]), value);
                break;
            case [(var name, false), (var value, _)]:
                values[Join(scopes, name)] = value;
                break;
            default:
                throw Malformed(path, "a statement that is neither a value nor a list");
        }
    }

    void Append(string name, string item)
    {
        if (!lists.TryGetValue(name, out var list)) lists[name] = list = [];
        list.Add(item);
    }

    void Clear(string name)
    {
        foreach (var key in values.Keys.Where(IsBelow).ToArray()) values.Remove(key);
        foreach (var key in lists.Keys.Where(IsBelow).ToArray()) lists.Remove(key);

        bool IsBelow(string key) => key.Equals(name, StringComparison.OrdinalIgnoreCase) || key.StartsWith(name + "::", StringComparison.OrdinalIgnoreCase);
    }

    static string Join(Stack<string> scopes, string name) => scopes.TryPeek(out var scope) ? $"{scope}::{name}" : name;

    static FormatException Malformed(string path, string reason) => new($"{path}: {reason}");
}
