namespace Ratchet.Agent.Configuration;

/// <summary>A configuration that must not be used.</summary>
/// <param name="source">The file, or the environment variable.</param>
/// <param name="place">JSON path of the value: <c>$.ports.allow[0].port</c>.</param>
/// <param name="reason">What is wrong with it, and what would be right.</param>
sealed class SettingsException(string source, string place, string reason) : Exception($"{source}: {place}: {reason}");
