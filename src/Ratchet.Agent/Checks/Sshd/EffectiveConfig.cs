using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>What <c>sshd -T</c> printed: the settings in force for one connection, keywords in lower case.</summary>
sealed class EffectiveConfig
{
    readonly Dictionary<string, List<string>> values = [];

    public static EffectiveConfig Parse(string output)
    {
        var config = new EffectiveConfig();
        foreach (var line in output.Split('\n'))
        {
            if (line.Length == 0) continue;
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            var keyword = (space < 0 ? line : line[..space]).ToLowerInvariant();
            (config.values.TryGetValue(keyword, out var all) ? all : config.values[keyword] = []).Add(space < 0 ? "" : line[(space + 1)..].Trim());
        }
        return config;
    }

    /// <summary>The first value, or null where sshd does not print the keyword.</summary>
    public string? Get(string keyword) => values.TryGetValue(keyword, out var all) ? all[0] : null;

    /// <summary>Every line of a keyword that may stand several times.</summary>
    public IReadOnlyList<string> All(string keyword) => values.TryGetValue(keyword, out var all) ? all : [];

    public IReadOnlyList<string> Names(string keyword) =>
        (Get(keyword) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>sshd's answer: its settings, or why there are none.</summary>
/// <param name="Refusal">sshd's own message, where it refuses the configuration.</param>
/// <param name="Obstacle">Why it could not be asked.</param>
sealed record SshdAnswer(EffectiveConfig? Config, string? Refusal = null, string? Obstacle = null)
{
    // Messages about the way it was asked, not about the configuration.
    static readonly string[] Ours = ["permission denied", "privilege separation", "not in connection test specification"];

    /// <summary>Tells a configuration that sshd refuses from a question that it could not be asked.</summary>
    public static SshdAnswer From(CommandResult result)
    {
        var message = string.Join("; ", result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(3));
        // sshd ends with 255 on what it refuses; 1 is a bad option; 126 and 127 mean that it was never started.
        if (result.ExitCode is not (0 or 255 or 1) || message.StartsWith("setpriv:", StringComparison.Ordinal))
            return new SshdAnswer(null, Obstacle: $"sshd -T ended with {result.ExitCode}: {message}");
        if (result.ExitCode == 0)
            return EffectiveConfig.Parse(result.Output) is var config && config.Get("permitrootlogin") is not null
                ? new SshdAnswer(config)
                : new SshdAnswer(null, Obstacle: "sshd -T printed no settings");
        return Ours.Any(mark => message.Contains(mark, StringComparison.OrdinalIgnoreCase))
            ? new SshdAnswer(null, Obstacle: $"sshd -T could not look: {message}")
            : new SshdAnswer(null, Refusal: message.Length == 0 ? $"sshd -T ended with {result.ExitCode} without a message" : message);
    }
}
