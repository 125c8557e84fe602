using System.Globalization;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ossec;

/// <summary>What is asked of ossec.conf, and of the settings that the manager sends (etc/shared/agent.conf) on top of it.</summary>
/// <remarks>In each list the last value counts, as it does for the daemons: they read block after block, then agent.conf.</remarks>
sealed class OssecConfig
{
    const int Limit = 1 << 20;

    readonly List<ConfigElement> elements = [];

    /// <summary>Why the files cannot be understood, or null.</summary>
    public string? Problem { get; private init; }

    /// <summary>The files; one that is broken or missing becomes <see cref="Problem"/>.</summary>
    public static OssecConfig Read(Machine machine, Installation installation)
    {
        var path = installation.Directory + "/etc/ossec.conf";
        try
        {
            if (machine.ReadText(path, Limit) is not { } text) return new OssecConfig { Problem = $"{path} is missing" };
            var config = new OssecConfig();
            config.elements.AddRange(ConfigReader.Parse(text, path));
            path = installation.Directory + "/etc/shared/agent.conf";
            if (installation.Role == Role.Agent && machine.ReadText(path, Limit) is { } shared)
                config.elements.AddRange(new AgentGroups(machine, installation, config).Applying(ConfigReader.Parse(shared, path)));
            return config;
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return new OssecConfig { Problem = e.Message };
        }
    }

    /// <summary>All values of an element, in the order of the files: <c>client/server-ip</c>.</summary>
    public IEnumerable<string> All(string path) => elements.Where(element => element.Path == path).Select(element => element.Value);

    public string? Last(string path) => All(path).LastOrDefault();

    /// <summary>A number of seconds; null where there is none.</summary>
    /// <exception cref="FormatException">It is none, and the daemon refuses it too.</exception>
    public TimeSpan? Seconds(string path) => Last(path) is not { } value ? null
        : int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0 ? TimeSpan.FromSeconds(seconds)
        : throw new FormatException($"<{path}> is not a number of seconds");

    /// <summary>The managers' addresses as they are written.</summary>
    public IReadOnlyList<string> Managers =>
        [.. All("client/server-ip").Concat(All("client/server-hostname")).Concat(All("client/server/address")).Concat(All("client/manager/address")).Distinct()];

    /// <summary>Of this alone execd takes the first value.</summary>
    public bool IsActiveResponseOff => All("active-response/disabled").FirstOrDefault() == "yes";
}
