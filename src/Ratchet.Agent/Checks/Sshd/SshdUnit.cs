using System.Text;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>How systemd starts sshd: the arguments of its unit, and the addresses of its socket unit.</summary>
/// <param name="Name">The unit: <c>ssh.service</c>.</param>
/// <param name="Command">Program and arguments, variables filled in; empty where the unit has no readable ExecStart.</param>
sealed record SshdUnit(string Name, IReadOnlyList<string> Command)
{
    // Either link means that the socket unit is enabled.
    static readonly string[] SocketLinks = ["/etc/systemd/system/sockets.target.wants/ssh.socket", "/etc/systemd/system/ssh.service.requires/ssh.socket"];

    public static SshdUnit? Read(Machine machine, string name)
    {
        if (new UnitFiles(machine).Read(name) is not { } settings) return null;
        var starts = UnitFiles.Values(settings, "Service", "ExecStart");
        return starts.Count == 1 ? new SshdUnit(name, Expand(starts[0].TrimStart('-', '@', ':', '+', '!'), Environment(machine, settings))) : null;
    }

    /// <summary>The addresses and ports that systemd listens on for sshd; empty where no socket unit is enabled.</summary>
    public static IReadOnlyList<string> Listens(Machine machine)
    {
        var enabled = SocketLinks.Any(link => machine.Status(link, follow: false) is not null);
        return enabled && new UnitFiles(machine).Read("ssh.socket") is { } settings ? UnitFiles.Values(settings, "Socket", "ListenStream") : [];
    }

    static Dictionary<string, string> Environment(Machine machine, IReadOnlyList<UnitSetting> settings)
    {
        var variables = new Dictionary<string, string>();
        foreach (var word in UnitFiles.Values(settings, "Service", "Environment").SelectMany(value => Words(value, [])))
            Assign(word);
        foreach (var file in UnitFiles.Values(settings, "Service", "EnvironmentFile"))
            foreach (var line in (machine.ReadText(file.TrimStart('-')) ?? "").Split('\n'))
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
