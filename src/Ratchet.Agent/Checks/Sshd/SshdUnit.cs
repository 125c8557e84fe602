using System.Text;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>How systemd starts sshd: the arguments of its unit, and the addresses of its socket unit.</summary>
/// <param name="Name">The unit: <c>ssh.service</c>.</param>
/// <param name="Command">Program and arguments, variables and specifiers filled in; empty where what they stand for is not known.</param>
sealed record SshdUnit(string Name, IReadOnlyList<string> Command)
{
    // Either link means that the socket unit is enabled.
    static readonly string[] SocketLinks = ["/etc/systemd/system/sockets.target.wants/ssh.socket", "/etc/systemd/system/ssh.service.requires/ssh.socket"];

    public static SshdUnit? Read(Machine machine, string name)
    {
        if (new UnitFiles(machine).Read(name) is not { } settings) return null;
        var starts = UnitFiles.Values(settings, "Service", "ExecStart");
        return starts.Count == 1 ? new SshdUnit(name, CommandOf(machine, name, starts[0].TrimStart('-', '@', ':', '+', '!'), settings)) : null;
    }

    static IReadOnlyList<string> CommandOf(Machine machine, string name, string start, IReadOnlyList<UnitSetting> settings)
    {
        if (Fill(start, name) is not { } command) return [];
        if (!command.Contains('$', StringComparison.Ordinal)) return Expand(command, []);
        return Environment(machine, name, settings) is { } variables ? Expand(command, variables) : [];
    }

    /// <summary>The specifiers of systemd.unit(5) that the name of the unit decides; null where there is another.</summary>
    static string? Fill(string text, string name)
    {
        var filled = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%') filled.Append(text[i]);
            else if (++i < text.Length && Specifier(text[i], name) is { } value) filled.Append(value);
            else return null;
        }
        return filled.ToString();
    }

    static string? Specifier(char letter, string name)
    {
        var stem = Path.GetFileNameWithoutExtension(name);
        var at = stem.IndexOf('@', StringComparison.Ordinal);
        var instance = at < 0 ? "" : stem[(at + 1)..];
        return letter switch
        {
            'i' => instance,
            // Without an escape in it.
            'I' when instance.AsSpan().IndexOfAny('-', '\\') < 0 => instance,
            'n' => name,
            'N' => stem,
            'p' => at < 0 ? stem : stem[..at],
            '%' => "%",
            _ => null,
        };
    }

    /// <summary>The addresses and ports that systemd listens on for sshd; empty where no socket unit is enabled.</summary>
    public static IReadOnlyList<string> Listens(Machine machine)
    {
        var enabled = SocketLinks.Any(link => machine.Status(link, follow: false) is not null);
        return enabled && new UnitFiles(machine).Read("ssh.socket") is { } settings ? UnitFiles.Values(settings, "Socket", "ListenStream") : [];
    }

    /// <summary>Null where a value or the name of a file has a specifier that is not known here.</summary>
    static Dictionary<string, string>? Environment(Machine machine, string name, IReadOnlyList<UnitSetting> settings)
    {
        var variables = new Dictionary<string, string>();
        var values = UnitFiles.Values(settings, "Service", "Environment").Select(value => Fill(value, name)).ToArray();
        var files = UnitFiles.Values(settings, "Service", "EnvironmentFile").Select(file => Fill(file, name)).ToArray();
        if (values.Contains(null) || files.Contains(null)) return null;
        foreach (var word in values.SelectMany(value => Words(value!, [])))
            Assign(word);
        foreach (var file in files)
            foreach (var line in (machine.ReadText(file!.TrimStart('-')) ?? "").Split('\n'))
                if (!line.TrimStart().StartsWith('#')) Assign(line.Trim());
        return variables;

        void Assign(string text)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) return;
            var value = text[(equals + 1)..];
            var quoted = value.Length > 1 && value[0] is '"' or '\'' && value[^1] == value[0];
            variables[text[..equals]] = quoted ? value[1..^1] : value;
        }
    }

    static IReadOnlyList<string> Expand(string command, Dictionary<string, string> variables) => [.. Words(command, variables)];

    /// <summary>systemd's quoting; <c>$NAME</c> as a word of its own becomes several words, <c>${NAME}</c> is put in as it is.</summary>
    static IEnumerable<string> Words(string text, Dictionary<string, string> variables)
    {
        var word = new StringBuilder();
        var (quote, open) = ('\0', false);
        foreach (var c in text + " ")
        {
            if (quote == '\0' && c is ' ' or '\t')
            {
                if (!open) continue;
                var whole = word.ToString();
                if (whole.StartsWith('$') && !whole.StartsWith("${", StringComparison.Ordinal))
                    foreach (var part in variables.GetValueOrDefault(whole[1..], "").Split(' ', StringSplitOptions.RemoveEmptyEntries)) yield return part;
                else
                    yield return variables.Aggregate(whole, (filled, pair) => filled.Replace($"${{{pair.Key}}}", pair.Value, StringComparison.Ordinal));
                word.Clear();
                open = false;
            }
            else
            {
                open = true;
                if (quote == '\0' && c is '"' or '\'') quote = c;
                else if (c == quote) quote = '\0';
                else word.Append(c);
            }
        }
    }
}
