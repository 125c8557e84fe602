namespace Ratchet.Agent.Checks.Disk;

/// <summary>A directory that must be encrypted.</summary>
/// <param name="Path">As configured or found, links not followed.</param>
/// <param name="What">What it is, for people: <c>PostgreSQL 16/main</c>.</param>
/// <param name="Obstacle">Why it cannot be judged; null where it can.</param>
sealed record DataDirectory(string Path, string What, string? Obstacle = null);
