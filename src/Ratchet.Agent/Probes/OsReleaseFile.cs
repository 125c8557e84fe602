namespace Ratchet.Agent.Probes;

/// <summary>os-release(5): which distribution a host is, in its own words.</summary>
static class OsReleaseFile
{
    const int Limit = 64 << 10;

    /// <summary>The names and their unquoted values; the vendor's file counts where /etc has none. Empty where there is neither.</summary>
    public static IReadOnlyDictionary<string, string> Read(Machine machine) =>
        Parse(machine.ReadText("/etc/os-release", Limit) ?? machine.ReadText("/usr/lib/os-release", Limit) ?? "");

    static Dictionary<string, string> Parse(string text)
    {
        var values = new Dictionary<string, string>();
        foreach (var line in text.Split('\n'))
            if (line.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals && line[0] != '#')
                values[line[..equals]] = line[(equals + 1)..].Trim().Trim('"', '\'');
        return values;
    }
}
