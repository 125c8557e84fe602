using System.Globalization;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Jvm;

/// <summary>
/// Whether a JVM is of a maintained release. The distribution's packages follow the distribution (which gets its own verdict);
/// anything else follows the makers' dates, as far as those are known.
/// </summary>
static class SupportVerdict
{
    /// <summary>
    /// Until when the makers of free builds (Eclipse Temurin, IBM Semeru, BellSoft Liberica) promise updates of the long-term releases,
    /// the earliest of them. All others end half a year after they appear.
    /// </summary>
    static readonly Dictionary<int, DateOnly> LongTerm = new()
    {
        [8] = new(2026, 11, 30), [11] = new(2027, 10, 31), [17] = new(2027, 10, 31), [21] = new(2029, 12, 31), [25] = new(2030, 9, 30),
    };

    /// <summary>Until when this table may be trusted.</summary>
    static readonly DateOnly KnownUntil = new(2027, 9, 30);

    public static Finding Judge(Machine machine, DistributionPackage packages, JavaProcess process, PerfData? perf, JavaMaps? maps, string subject)
    {
        var rule = JvmRules.Supported;
        if (process.Info.Deleted || maps is { Replaced: true })
            return Finding.Fail(rule, subject, "Java was replaced on the disk since this JVM was started: the old one still runs", new Evidence { { "version", perf?.Version }, { "executable", process.Info.Executable } });
        if (process.Info.Executable is not { } program) return Finding.Unknown(rule, subject, "which Java it is cannot be seen: CAP_SYS_PTRACE is missing");
        var (version, package) = process.IsElsewhere ? (perf?.Version, null) : (perf?.Version ?? Installed(machine, process, program), packages.Of(machine, program, name => name.StartsWith("openjdk-", StringComparison.Ordinal)));
        var evidence = new Evidence { { "version", version }, { "executable", program }, { "package", package } };
        if (package is not null) return Finding.Pass(rule, subject, $"Java {version ?? ""} of {package}, which the distribution maintains".Replace("  ", " ", StringComparison.Ordinal), evidence);
        if (version is null || Feature(version) is not { } feature) return Finding.Unknown(rule, subject, "its version is not known: it shows no performance data, and there is no release file beside it", evidence);
        return Judge(feature, version, DateOnly.FromDateTime(machine.Now.UtcDateTime), subject, evidence);
    }

    internal static Finding Judge(int feature, string version, DateOnly today, string subject, Evidence evidence)
    {
        var rule = JvmRules.Supported;
        // March and September of each year since Java 10 in March 2018.
        var released = feature < 10 ? new DateOnly(2017, 9, 1) : new DateOnly(2018, 3, 1).AddMonths(6 * (feature - 10));
        if (!LongTerm.TryGetValue(feature, out var end))
            return today <= KnownUntil && today > released.AddMonths(7) ? Finding.Fail(rule, subject, $"Java {version} is no long-term release, and got its last update when Java {feature + 1} appeared", evidence)
                : today <= released.AddMonths(6) && today >= released ? Finding.Pass(rule, subject, $"Java {version} is the current release", evidence)
                : Finding.Unknown(rule, subject, $"whether Java {version} is maintained is not known: this agent's dates end on {KnownUntil:yyyy-MM-dd}", evidence);
        return today <= end ? Finding.Pass(rule, subject, $"Java {version} is maintained until {end:yyyy-MM-dd} at least", evidence)
            : Finding.Unknown(rule, subject, $"free updates of Java {feature} were promised until {end:yyyy-MM-dd}: whether its maker still gives some is not known", evidence);
    }

    /// <summary>Of <c>1.8.0_402</c> 8, of <c>17.0.15</c> 17.</summary>
    internal static int? Feature(string version)
    {
        var parts = version.Split('.', '_', '-', '+');
        var part = parts is ["1", var second, ..] ? second : parts[0];
        return int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 1000 ? number : null;
    }

    /// <summary>JAVA_VERSION of the file <c>release</c> in the Java home above the program; null also where it cannot be read.</summary>
    static string? Installed(Machine machine, JavaProcess process, string program)
    {
        try
        {
            return Path.GetDirectoryName(Path.GetDirectoryName(program)) is { } home
                ? machine.ReadingAs(process.Reader).ReadText($"{home}/release", 64 << 10)?.Split('\n').Where(line => line.StartsWith("JAVA_VERSION=", StringComparison.Ordinal)).Select(line => line[13..].Trim('"', '\r')).FirstOrDefault()
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
