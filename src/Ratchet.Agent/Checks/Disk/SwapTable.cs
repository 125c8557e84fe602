using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>One line of /proc/swaps.</summary>
/// <param name="Path">The device or the file.</param>
/// <param name="IsFile">A file on a file system, not a device.</param>
sealed record SwapArea(string Path, bool IsFile);

/// <summary>The swap space in use, proc_swaps(5).</summary>
static class SwapTable
{
    /// <summary>Null where the kernel does not say.</summary>
    /// <exception cref="FormatException">The table is malformed.</exception>
    public static IReadOnlyList<SwapArea>? Read(Machine machine) => machine.ReadText("/proc/swaps") is { } text ? Parse(text) : null;

    public static IReadOnlyList<SwapArea> Parse(string text)
    {
        var lines = text.Split('\n');
        if (!lines[0].StartsWith("Filename", StringComparison.Ordinal) || lines[^1].Length > 0) throw new FormatException("/proc/swaps: is not the table that it should be");
        return [.. lines.Skip(1).Where(line => line.Length > 0).Select(ParseLine)];
    }

    // /dev/dm-1                               partition	2097148		0		-2
    static SwapArea ParseLine(string line) => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) switch
    {
        [['/', ..] path, "partition", _, _, _] => new SwapArea(Mount.Unescape(path), IsFile: false),
        [['/', ..] path, "file", _, _, _] => new SwapArea(WithoutMark(Mount.Unescape(path)), IsFile: true),
        _ => throw new FormatException($"/proc/swaps: malformed line: {line}"),
    };

    // A swap file that was removed goes on being used.
    static string WithoutMark(string path) => path.EndsWith(" (deleted)", StringComparison.Ordinal) ? path[..^10] : path;
}
