using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>A directory that must be encrypted.</summary>
/// <param name="Path">As configured or found, links not followed.</param>
/// <param name="What">What it is, for people: <c>PostgreSQL 16/main</c>.</param>
/// <param name="Obstacle">Why it cannot be judged; null where it can.</param>
sealed record DataDirectory(string Path, string What, string? Obstacle = null)
{
    /// <summary>What the links in a directory lead to, outside of it. A link that leads nowhere holds no data.</summary>
    /// <param name="directory">One that need not be there.</param>
    /// <param name="what">Whose data the links hold, for people.</param>
    /// <param name="withFiles">Whether a link to a file counts as one to a directory does.</param>
    public static IEnumerable<DataDirectory> LinkedIn(Machine quiet, string directory, string what, bool withFiles = false)
    {
        try
        {
            return quiet.ListLinks(directory) is { Count: > 0 } names && quiet.Resolve(directory) is { } real
                ? [.. names.Select(name => $"{directory.TrimEnd('/')}/{name}").Where(link => LeadsOut(quiet, link, real, withFiles)).Select(link => new DataDirectory(link, $"a link of {what}"))]
                : [];
        }
        catch (IOException e)
        {
            return [new DataDirectory(directory, what, $"cannot be looked into: {e.Message}")];
        }
    }

    static bool LeadsOut(Machine quiet, string link, string real, bool withFiles) =>
        quiet.Status(link) is { Kind: var kind } && (kind == FileKind.Directory || (withFiles && kind == FileKind.Regular)) &&
        quiet.Resolve(link) is { } target && !(target + "/").StartsWith(real.TrimEnd('/') + "/", StringComparison.Ordinal);
}
