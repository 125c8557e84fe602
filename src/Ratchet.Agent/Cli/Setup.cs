using System.CommandLine;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Aws;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Cli;

/// <summary>What every verb is given: the configuration and the written-out list of checks.</summary>
/// <param name="buildChecks">Makes the checks for a configuration.</param>
sealed class Setup(Func<Settings, AwsSurvey, IReadOnlyList<ICheck>> buildChecks)
{
    public Option<string?> Config { get; } = new("--config")
    {
        Description = $"the configuration file (default {SettingsFile.DefaultPath}; conf.d/*.json beside it is read too)",
        HelpName = "FILE",
        Recursive = true,
    };

    /// <summary>Where the host stands, as far as it is known: outlives a reload.</summary>
    public AwsSurvey Aws { get; } = new();

    /// <exception cref="SettingsException">The configuration must not be used.</exception>
    public SettingsFile Load(ParseResult arguments) => SettingsFile.Load(arguments.GetValue(Config), Environment.GetEnvironmentVariables());

    public IReadOnlyList<ICheck> Checks(Settings settings) => buildChecks(settings, Aws);

    /// <summary>All rules, for the catalogue: no configuration changes them.</summary>
    public IReadOnlyList<Rule> Rules => [.. Checks(new Settings()).SelectMany(check => check.Rules).OrderBy(rule => rule.Id, StringComparer.Ordinal)];

    /// <summary>Runs a verb; what an operator can mend ends it with one clear line.</summary>
    public static async Task<int> GuardAsync(Func<Task<int>> verb)
    {
        try
        {
            return await verb();
        }
        catch (SettingsException e)
        {
            await Console.Error.WriteLineAsync($"ratchet-agent: {e.Message}");
            return Exit.Configuration;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync($"ratchet-agent: {e.Message}");
            return Exit.Bad;
        }
    }
}
