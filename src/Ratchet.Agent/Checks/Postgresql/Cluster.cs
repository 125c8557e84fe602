using System.Globalization;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>A PostgreSQL cluster: a data directory, with the server that runs on it or would.</summary>
/// <param name="Subject">What findings are about: Debian's name for it (<c>15/main</c>), else its data directory.</param>
/// <param name="Data">The data directory, links resolved.</param>
/// <param name="Config">Its postgresql.conf.</param>
/// <param name="Server">Null where none runs.</param>
/// <param name="Problem">Why nothing can be said of it, or null.</param>
sealed record Cluster(string Subject, string Data, string Config, Postmaster? Server, string? Problem = null)
{
    /// <summary>The version of the files, <c>15</c>; null where that could not be read.</summary>
    public int? Major { get; init; }
}

/// <summary>The process that listens for a cluster.</summary>
/// <param name="Program">Path of its binary; null where that may not be seen.</param>
/// <param name="Replaced">The binary was removed or replaced since the start.</param>
/// <param name="Lock">What it says of itself; null where that is not certain.</param>
sealed record Postmaster(int Pid, string? Program, bool Replaced, uint Uid, PostmasterFile? Lock);

/// <summary>
/// postmaster.pid, a line each: pid, data directory, start (Unix time), port, first socket directory, first address, shared
/// memory key, status (miscinit.h).
/// </summary>
/// <param name="SocketDirectory">Empty where the server makes no Unix socket.</param>
sealed record PostmasterFile(int Pid, long Started, int Port, string SocketDirectory, string Status)
{
    /// <exception cref="FormatException">It is cut short or no such file.</exception>
    public static PostmasterFile Parse(string text)
    {
        var lines = text.Split('\n');
        // A single-user server writes its pid with a minus, and no more than five lines.
        if (lines.Length < 5 || !int.TryParse(lines[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var pid)
            || !long.TryParse(lines[2], NumberStyles.None, CultureInfo.InvariantCulture, out var started)
            || !int.TryParse(lines[3], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            throw new FormatException("postmaster.pid is not complete: the server is starting or ended in the middle of it");
        return new PostmasterFile(pid, started, port, lines[4], lines.Length > 7 ? lines[7].Trim() : "");
    }
}
