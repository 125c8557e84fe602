using System.Text.RegularExpressions;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>
/// Whether a version still gets security updates: from the project (postgresql.org/support/versioning), or, where the package
/// is the distribution's own, from that.
/// </summary>
static partial class SupportVerdict
{
    /// <summary>The day on which the dates below were looked up; a major that they do not name is unknown.</summary>
    public static readonly DateOnly AsOf = new(2026, 11, 1);

    const int FirstListed = 13;

    static readonly Dictionary<int, DateOnly> Project = new()
    {
        [13] = new(2025, 11, 13), [14] = new(2026, 11, 12), [15] = new(2027, 11, 11), [16] = new(2028, 11, 9), [17] = new(2029, 11, 8), [18] = new(2030, 11, 14),
    };

    // The release that a package names itself after, the major that it carries, and the end of free security support.
    static readonly (string Mark, int Major, string Name, DateOnly End)[] Distributions =
    [
        ("+deb11", 13, "Debian 11", new(2026, 8, 31)), ("+deb12", 15, "Debian 12", new(2028, 6, 30)), ("+deb13", 17, "Debian 13", new(2030, 6, 30)),
        ("ubuntu0.20.04", 12, "Ubuntu 20.04", new(2025, 5, 31)), ("ubuntu0.22.04", 14, "Ubuntu 22.04", new(2027, 4, 30)), ("ubuntu0.24.04", 16, "Ubuntu 24.04", new(2029, 4, 30)), ("ubuntu0.26.04", 18, "Ubuntu 26.04", new(2031, 4, 30)),
    ];

    public static Finding Judge(ClusterFacts facts)
    {
        var (rule, subject, today) = (PostgresRules.Supported, facts.Cluster.Subject, DateOnly.FromDateTime(facts.Machine.Now.UtcDateTime));
        if (facts.Cluster.Major is not { } major) throw new IOException($"{facts.Cluster.Data}/PG_VERSION names no version");
        var version = facts.Answer?.Setting("server_version");
        var evidence = new Evidence { { "version", version ?? $"{major}" }, { "dates_of", $"{AsOf:yyyy-MM-dd}" } };
        if (major < FirstListed) return Finding.Fail(rule, subject, $"PostgreSQL {major} has had no updates for years", evidence);
        if (!Project.TryGetValue(major, out var end)) return Finding.Unknown(rule, subject, $"PostgreSQL {major} is newer than what this agent knows", evidence);
        if (today <= end) return Finding.Pass(rule, subject, $"PostgreSQL {major} gets updates until {end:yyyy-MM-dd}", evidence);
        if (version is null) return Finding.Unknown(rule, subject, $"the project's updates of PostgreSQL {major} ended on {end:yyyy-MM-dd}; whether its package is a distribution's, only the running server tells", evidence);
        // 14.19 (Ubuntu 14.19-0ubuntu0.22.04.1); the project's own packages have pgdg in theirs.
        var package = Package.Match(version).Groups["package"].Value;
        var distribution = Distributions.FirstOrDefault(d => d.Major == major && package.Contains(d.Mark, StringComparison.Ordinal) && !package.Contains("pgdg", StringComparison.Ordinal));
        return distribution.Name is not null && today <= distribution.End
            ? Finding.Pass(rule, subject, $"the project's updates of PostgreSQL {major} ended on {end:yyyy-MM-dd}; {distribution.Name} updates its package until {distribution.End:yyyy-MM-dd}", evidence)
            : Finding.Fail(rule, subject, $"PostgreSQL {major} has had no updates since {(distribution.Name is null ? end : distribution.End):yyyy-MM-dd}", evidence);
    }

    [GeneratedRegex(@"\((?:Debian|Ubuntu) (?<package>[^)]*)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    static partial Regex Package { get; }
}
