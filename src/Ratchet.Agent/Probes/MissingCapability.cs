using System.Globalization;

namespace Ratchet.Agent.Probes;

/// <summary>
/// Which capability (capabilities(7)) a refused look wants for. Root of the host, and the service under its unit, have both; a
/// reason without their names would send an engineer to look at the file's mode.
/// </summary>
static class MissingCapability
{
    static readonly (int Bit, string Name) DacReadSearch = (2, "CAP_DAC_READ_SEARCH"), SysPtrace = (19, "CAP_SYS_PTRACE");

    // The two are given up at an exec alone.
    static readonly Lazy<ulong> Effective = new(() => Parse(File.ReadAllText("/proc/self/status")));

    /// <summary><c> (CAP_DAC_READ_SEARCH is missing)</c>, for the end of a message; empty where the process lacks none that would help.</summary>
    public static string Of(string path) => Of(path, Effective.Value);

    internal static string Of(string path, ulong effective)
    {
        // proc(5): links, maps and namespaces ask for the right to trace, fd and environ for the right to read as well.
        var ofProcess = path.StartsWith("/proc/", StringComparison.Ordinal) && path.Length > 6 && char.IsAsciiDigit(path[6]);
        (int Bit, string Name)[] needed = ofProcess ? [SysPtrace, DacReadSearch] : [DacReadSearch];
        var missing = needed.Where(capability => ((effective >> capability.Bit) & 1) == 0).Select(capability => capability.Name).ToArray();
        return missing.Length == 0 ? "" : $" ({string.Join(" and ", missing)} {(missing.Length == 1 ? "is" : "are")} missing)";
    }

    static ulong Parse(string status)
    {
        const string name = "\nCapEff:\t";
        var start = status.IndexOf(name, StringComparison.Ordinal) + name.Length;
        return ulong.Parse(status.AsSpan(start, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
