namespace Ratchet.Agent.Configuration;

sealed record SaltSettings
{
    /// <summary>Whether a host without a minion is a failure.</summary>
    public bool Required { get; set; }

    /// <summary>How long ago the last highstate may have been applied.</summary>
    public TimeSpan HighstateWithin { get; set; } = TimeSpan.FromDays(2);

    /// <summary>Patterns that the minion's <c>cmd_blacklist_glob</c> must have.</summary>
    public IReadOnlyList<string> CommandBlacklist { get; set; } = [];
}
