using System.Text.Json;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ossec;

enum Role
{
    /// <summary>Sends what it sees to a manager.</summary>
    Agent,

    /// <summary>A manager, which also watches its own host.</summary>
    Server,

    /// <summary>Watches its own host and reports to nobody.</summary>
    Local,
}

/// <summary>One OSSEC or Wazuh on this host.</summary>
/// <param name="Directory">Where it lives: <c>/var/ossec</c>.</param>
/// <param name="Prefix">What its daemons' names begin with: <c>ossec-</c>, <c>wazuh-</c>, <c>wazuh-manager-</c>.</param>
/// <param name="Problem">Why nothing can be said of it, or null.</param>
sealed record Installation(string Directory, string Prefix, bool IsWazuh, Role Role, string? Version, string? Problem)
{
    /// <summary>The directory with links followed: the kernel names a running program by that.</summary>
    public string RealDirectory { get; init; } = Directory;

    const string InitFile = "/etc/ossec-init.conf";

    // The queue below it must fit into a socket address of 108 bytes.
    const int PathLimit = 80;
    const int LinkLimit = 16;

    // Where packages put it, when no ossec-init.conf says so: Wazuh has none since 4.2.
    static readonly string[] Places = ["/var/ossec", "/var/wazuh-agent", "/var/wazuh-manager"];

    // Wazuh 5 managers, Wazuh since 4.2, OSSEC and earlier Wazuh.
    static readonly string[] Prefixes = ["wazuh-manager-", "wazuh-", "ossec-"];

    public string Describe => $"{(IsWazuh ? "Wazuh" : "OSSEC")} {Role.ToString().ToLowerInvariant()}{(Version is null ? "" : " " + Version)} in {Directory}";

    /// <summary>Which daemon reads the event queue.</summary>
    public string QueueReader => Role == Role.Agent ? "agentd" : "analysisd";

    /// <summary>Its daemons without prefix, also those that need not run.</summary>
    public IReadOnlyList<string> Programs => (Prefix, Role) switch
    {
        // Before Wazuh 4.2 its modulesd and db had names of their own beside these, and are not judged.
        ("ossec-", Role.Agent) => ["agentd", "logcollector", "syscheckd", "execd"],
        ("ossec-", Role.Server) => ["analysisd", "remoted", "monitord", "logcollector", "syscheckd", "execd", "maild"],
        ("ossec-", _) => ["analysisd", "monitord", "logcollector", "syscheckd", "execd", "maild"],
        (_, Role.Agent) => ["agentd", "logcollector", "syscheckd", "execd", "modulesd"],
        // A manager of Wazuh 5 does not watch its own host: that is an agent beside it.
        ("wazuh-manager-", _) => ["analysisd", "remoted", "monitord", "modulesd", "db"],
        (_, Role.Server) => ["analysisd", "remoted", "monitord", "logcollector", "syscheckd", "execd", "maild", "modulesd", "db"],
        _ => ["analysisd", "monitord", "logcollector", "syscheckd", "execd", "maild", "modulesd", "db"],
    };

    /// <summary>Where the daemons keep the event queue and the agent's marks; Wazuh moved it in 4.2.</summary>
    public string QueueDirectory => Directory + (Prefix == "ossec-" ? "/queue/ossec" : "/queue/sockets");

    /// <summary>All installations, the one that ossec-init.conf names first.</summary>
    /// <exception cref="IOException">ossec-init.conf cannot be read.</exception>
    /// <exception cref="FormatException">ossec-init.conf names no usable directory.</exception>
    public static IReadOnlyList<Installation> Find(Machine machine)
    {
        var init = ReadInit(machine);
        var named = init is null ? [] : new[] { DirectoryOf(init) };
        return [.. named.Concat(Places.Except(named)).Select(directory => Look(machine, directory, named.Contains(directory) ? init : null)).OfType<Installation>()];
    }

    static Dictionary<string, string>? ReadInit(Machine machine)
    {
        try
        {
            return machine.ReadText(InitFile, 64 << 10) is { } text ? ParseInit(text) : null;
        }
        catch (IOException e)
        {
            throw new IOException($"{e.Message}: CAP_DAC_READ_SEARCH is needed", e);
        }
    }

    /// <summary>Null where there are no daemons in the directory, unless ossec-init.conf says that there are.</summary>
    static Installation? Look(Machine machine, string directory, Dictionary<string, string>? init)
    {
        var role = init?.GetValueOrDefault("TYPE") switch { "agent" => Role.Agent, "local" => Role.Local, "server" => Role.Server, _ => (Role?)null };
        try
        {
            var programs = machine.List(directory + "/bin") ?? [];
            var prefix = Prefixes.FirstOrDefault(prefix => RoleOf(programs, prefix) is not null);
            if (prefix is null) return null;
            var wazuh = machine.ReadText(directory + "/VERSION.json", 64 << 10);
            return new Installation(directory, prefix, prefix != "ossec-" || wazuh is not null || init?.GetValueOrDefault("NAME") == "Wazuh",
                role ?? RoleOf(programs, prefix)!.Value, wazuh is null ? init?.GetValueOrDefault("VERSION") : VersionOf(wazuh), null)
            {
                RealDirectory = FollowLinks(machine, directory),
            };
        }
        catch (IOException e)
        {
            return new Installation(directory, "ossec-", false, role ?? Role.Agent, init?.GetValueOrDefault("VERSION"),
                $"{e.Message}: CAP_DAC_READ_SEARCH is needed to look into {directory}");
        }
    }

    /// <exception cref="IOException">The links lead in a circle.</exception>
    static string FollowLinks(Machine machine, string directory)
    {
        var parts = new Stack<string>(directory.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        var (path, links) = ("", 0);
        while (parts.TryPop(out var part))
        {
            if (part == ".") continue;
            if (part == "..") path = path[..Math.Max(0, path.LastIndexOf('/'))];
            else if (machine.ReadLink($"{path}/{part}") is { } target)
            {
                if (++links > LinkLimit) throw new IOException($"{directory}: too many links");
                if (target.StartsWith('/')) path = "";
                foreach (var step in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse()) parts.Push(step);
            }
            else path = $"{path}/{part}";
        }
        return path;
    }

    static Role? RoleOf(IReadOnlyList<string> programs, string prefix) =>
        programs.Contains(prefix + "agentd") ? Role.Agent
        : programs.Contains(prefix + "remoted") ? Role.Server
        : programs.Contains(prefix + "analysisd") ? Role.Local
        : null;

    static string DirectoryOf(Dictionary<string, string> init)
    {
        var directory = init.GetValueOrDefault("DIRECTORY")?.TrimEnd('/') ?? "";
        return directory.Length is > 1 and <= PathLimit && directory[0] == '/' && !directory.Split('/').Contains("..") && !directory.Any(char.IsControl)
            ? directory
            : throw new FormatException($"{InitFile}: DIRECTORY is not an absolute path of at most {PathLimit} characters");
    }

    /// <summary>A file for the shell: <c>NAME="VALUE"</c>, a line each.</summary>
    internal static Dictionary<string, string> ParseInit(string text)
    {
        var values = new Dictionary<string, string>();
        foreach (var line in text.Split('\n'))
            if (line.Trim().Split('=', 2) is [{ Length: > 0 } name, var value]) values[name] = value.Trim('"', '\'');
        return values;
    }

    static string? VersionOf(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.TryGetProperty("version", out var version) ? version.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
