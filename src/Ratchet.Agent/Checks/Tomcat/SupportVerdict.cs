using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>
/// Whether a Tomcat is of a maintained release. The distribution's packages follow the distribution (which gets its own verdict);
/// anything else follows tomcat.apache.org's dates, as far as those are known.
/// </summary>
static class SupportVerdict
{
    /// <summary>tomcat.apache.org/whichversion.html: the last day of a release; null where none is announced.</summary>
    static readonly (int Major, int Minor, DateOnly? End)[] Releases =
    [
        (7, 0, new(2021, 3, 31)), (8, 0, new(2018, 6, 30)), (8, 5, new(2024, 3, 31)), (9, 0, new(2027, 3, 31)), (10, 0, new(2022, 10, 31)), (10, 1, null), (11, 0, null),
    ];

    /// <summary>Until when this table may be trusted.</summary>
    static readonly DateOnly KnownUntil = new(2027, 3, 31);

    public static Finding Judge(Machine machine, DistributionPackage packages, TomcatVersion? version, string subject, string rest)
    {
        var rule = TomcatRules.Supported;
        // The jars that a process has open take what its descriptors take.
        if (version is null) return Finding.Unknown(rule, subject, $"its version is not known: no jar that tells it can be seen{MissingCapability.Of("/proc/1/fd")}");
        var evidence = new Evidence { { "version", version.Number }, { "jar", version.Jar } };
        if (version.Replaced) return Finding.Fail(rule, subject, $"{version.Jar} was replaced since Tomcat was started: the old one still runs", evidence);
        var package = version.IsElsewhere ? null : packages.Of(machine, version.Jar, name => name.StartsWith("tomcat", StringComparison.Ordinal) || name.StartsWith("libtomcat", StringComparison.Ordinal));
        evidence.Add("package", package);
        return package is not null ? Finding.Pass(rule, subject, $"Tomcat {version.Number} of {package}, which the distribution maintains{rest}", evidence)
            : Judge(version, DateOnly.FromDateTime(machine.Now.UtcDateTime), subject, evidence, rest);
    }

    internal static Finding Judge(TomcatVersion version, DateOnly today, string subject, Evidence evidence, string rest)
    {
        var rule = TomcatRules.Supported;
        var (major, minor, _) = version.Parts;
        if (Releases.FirstOrDefault(release => release.Major == major && release.Minor == minor) is not { Major: > 0 } known)
            return major is > 0 and < 7 ? Finding.Fail(rule, subject, $"Tomcat {version.Number} has been without updates for years{rest}", evidence)
                : Finding.Unknown(rule, subject, $"Tomcat {version.Number} is not among the releases that this agent knows", evidence);
        if (known.End is { } end && today > end) return Finding.Fail(rule, subject, $"Tomcat {major}.{minor} has been without updates since {end:yyyy-MM-dd} (this is {version.Number}){rest}", evidence);
        return today > KnownUntil ? Finding.Unknown(rule, subject, $"whether Tomcat {major}.{minor} is still maintained is not known: this agent's dates end on {KnownUntil:yyyy-MM-dd}", evidence)
            : Finding.Pass(rule, subject, $"Tomcat {version.Number} is of a maintained release{(known.End is { } last ? $", until {last:yyyy-MM-dd}" : "")}{rest}", evidence);
    }
}
