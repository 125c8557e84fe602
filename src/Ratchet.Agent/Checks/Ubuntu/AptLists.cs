using System.Globalization;
using System.IO.Compression;
using System.Text;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>A pocket of the archive as apt last fetched it: what its InRelease says, and where its lists of packages are.</summary>
/// <param name="Origin"><c>Ubuntu</c>, <c>UbuntuESM</c>, <c>UbuntuESMApps</c>.</param>
/// <param name="Published">The archive's own date, signed by it: what the lists tell was true then.</param>
/// <param name="Packages">Paths of its lists.</param>
sealed record AptPocket(string Origin, string Suite, string Codename, DateTimeOffset Published, IReadOnlyList<string> Packages)
{
    public bool IsEsm => Origin is AptLists.EsmInfra or AptLists.EsmApps;
}

/// <summary>
/// apt's lists (/var/lib/apt/lists), read without apt and without network: plain, or packed by gzip or LZ4 as apt's own configuration has
/// it. apt checked signatures and hashes when it fetched them, and puts a list in its place by a rename.
/// </summary>
static class AptLists
{
    public const string Directory = "/var/lib/apt/lists", EsmInfra = "UbuntuESM", EsmApps = "UbuntuESMApps";

    /// <summary>What the tools of Ubuntu Pro fetch for a host without subscription, to tell it what it misses.</summary>
    public const string EsmDirectory = "/var/lib/ubuntu-advantage/apt-esm" + Directory;

    const int HeadLimit = 64 << 20;

    /// <summary>The pockets that bring security updates, of any release.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static IReadOnlyList<AptPocket> SecurityPockets(Machine machine, string directory)
    {
        var names = machine.List(directory) ?? [];
        var pockets = new List<AptPocket>();
        foreach (var name in names)
        {
            var ending = name.EndsWith("_InRelease", StringComparison.Ordinal) ? "InRelease" : name.EndsWith("_Release", StringComparison.Ordinal) ? "Release" : null;
            if (ending is null || machine.ReadBytes($"{directory}/{name}", HeadLimit) is not { } bytes) continue;
            var head = Head(bytes);
            if (!IsSecurity(head)) continue;
            var prefix = name[..^ending.Length];
            pockets.Add(new AptPocket(head.GetValueOrDefault("Origin", ""), head.GetValueOrDefault("Suite", ""), head.GetValueOrDefault("Codename", ""), Date(head, $"{directory}/{name}"),
                [.. names.Where(list => list.StartsWith(prefix, StringComparison.Ordinal) && IsPackages(list)).Select(list => $"{directory}/{list}")]));
        }
        return pockets;
    }

    /// <summary>The content of a list.</summary>
    /// <exception cref="FormatException">It is packed in a way that this agent does not read.</exception>
    public static Stream Open(Machine machine, string path)
    {
        var handle = machine.OpenFile(path) ?? throw new IOException($"{path}: was there a moment ago");
        var file = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        if (path.EndsWith("_Packages", StringComparison.Ordinal)) return file;
        if (path.EndsWith(".lz4", StringComparison.Ordinal)) return new Lz4Stream(new BufferedStream(file, 64 << 10));
        if (path.EndsWith(".gz", StringComparison.Ordinal)) return new GZipStream(file, CompressionMode.Decompress);
        file.Dispose();
        throw new FormatException($"{path}: is packed in a way that this agent does not read; set Acquire::CompressionTypes::Order to gz or lz4, or Acquire::GzipIndexes to false, and run apt-get update");
    }

    static bool IsPackages(string name) => name.Contains("_binary-", StringComparison.Ordinal) && name.LastIndexOf("_Packages", StringComparison.Ordinal) is > 0 and var at && (at + 9 == name.Length || name[at + 9] == '.');

    /// <summary>Debian's, too, so that this can be held against a real apt anywhere.</summary>
    static bool IsSecurity(Dictionary<string, string> head) =>
        (head.GetValueOrDefault("Suite", "").EndsWith("-security", StringComparison.Ordinal) && head.GetValueOrDefault("Origin") is "Ubuntu" or EsmInfra or EsmApps)
        || head.GetValueOrDefault("Label") == "Debian-Security";

    /// <summary>The fields before the hashes.</summary>
    static Dictionary<string, string> Head(byte[] file)
    {
        var head = new Dictionary<string, string>();
        foreach (var line in Encoding.UTF8.GetString(file.AsSpan(0, Math.Min(file.Length, 4096))).Split('\n'))
        {
            if (line is "MD5Sum:" or "SHA1:" or "SHA256:") break;
            if (line.Split(": ", 2) is [var key, var value]) head.TryAdd(key, value.Trim());
        }
        return head;
    }

    /// <summary>RFC 1123 with <c>UTC</c> for the zone, day perhaps of one digit.</summary>
    static DateTimeOffset Date(Dictionary<string, string> head, string path) =>
        head.GetValueOrDefault("Date") is { } text && DateTimeOffset.TryParseExact(text.Replace("UTC", "GMT", StringComparison.Ordinal), "ddd, d MMM yyyy H:mm:ss 'GMT'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces, out var date)
            ? date
            : throw new FormatException($"{path}: says no date that can be read");
}
