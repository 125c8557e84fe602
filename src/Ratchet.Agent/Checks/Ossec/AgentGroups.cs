using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ossec;

/// <summary>Which blocks of agent.conf are meant for this agent: by its name, its system and its profiles.</summary>
sealed class AgentGroups(Machine machine, Installation installation, OssecConfig config)
{
    static readonly string[] UnameParts = ["ostype", "hostname", "osrelease", "version"];

    public IEnumerable<ConfigElement> Applying(IReadOnlyList<ConfigElement> elements) =>
        elements.Where(element => element.Root.Name == "agent_config" && element.Root.Attributes.All(attribute => Applies(attribute.Key, attribute.Value)));

    bool Applies(string attribute, string pattern) => attribute switch
    {
        "name" => Matches(pattern, AgentName ?? ""),
        "os" => Matches(pattern, System),
        "profile" => (config.Last("client/config-profile") ?? "").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Any(profile => Matches(pattern, profile)),
        _ => false,
    };

    string? AgentName => field ??= AgentInfo.Read(machine.Unwatched(), installation)?.Name;

    // What the agents compare with: their uname line.
    string System => field ??= string.Join(' ', UnameParts.Select(name => machine.ReadText("/proc/sys/kernel/" + name, 4096)?.Trim() ?? (name == "ostype" ? "Linux" : "")));

    /// <summary>OS_Match: alternatives by <c>|</c>, each a text to be found, <c>^</c> at the start and <c>$</c> at the end.</summary>
    internal static bool Matches(string pattern, string text) => pattern.Split('|').Any(part =>
    {
        var (start, end) = (part.StartsWith('^'), part.EndsWith('$'));
        var word = part[(start ? 1 : 0)..(end && part.Length > 1 ? ^1 : ^0)];
        return (start, end) switch
        {
            (true, true) => text.Equals(word, StringComparison.OrdinalIgnoreCase),
            (true, false) => text.StartsWith(word, StringComparison.OrdinalIgnoreCase),
            (false, true) => text.EndsWith(word, StringComparison.OrdinalIgnoreCase),
            _ => text.Contains(word, StringComparison.OrdinalIgnoreCase),
        };
    });
}
