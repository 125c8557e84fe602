using System.Globalization;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// What is mounted on the host, and which mount holds a path. The table is that of process 1: the agent's own is changed by the
/// sandbox that it runs in.
/// </summary>
sealed class MountTable
{
    readonly ILookup<int, Mount> children;
    readonly Mount? root;

    public MountTable(IReadOnlyList<Mount> mounts, string source)
    {
        (All, Source) = (mounts, source);
        children = mounts.Where(mount => mount.Parent != mount.Id).ToLookup(mount => mount.Parent);
        var ids = mounts.Select(mount => mount.Id).ToHashSet();
        root = mounts.FirstOrDefault(mount => mount.Point == "/" && (mount.Parent == mount.Id || !ids.Contains(mount.Parent)));
    }

    public IReadOnlyList<Mount> All { get; }

    /// <summary>The file that it was read from.</summary>
    public string Source { get; }

    /// <exception cref="IOException">There is no table, or an empty one.</exception>
    /// <exception cref="FormatException">A line is malformed.</exception>
    public static MountTable Read(Machine machine)
    {
        var (text, source) = ReadText(machine);
        var mounts = Parse(text);
        return mounts.Count > 0 ? new MountTable(mounts, source) : throw new IOException($"{source}: names no mount");
    }

    /// <summary>The table as it is, and the file that it was read from; empty where there is none.</summary>
    public static (string Text, string Source) ReadText(Machine machine)
    {
        const string host = "/proc/1/mountinfo", own = "/proc/self/mountinfo";
        try
        {
            if (machine.ReadText(host) is { Length: > 0 } text) return (text, host);
        }
        catch (IOException)
        {
            // Our own table is the next best, and the evidence says which it was.
        }
        return (machine.ReadText(own) ?? "", own);
    }

    /// <exception cref="FormatException">A line is malformed, or the last one is cut.</exception>
    public static IReadOnlyList<Mount> Parse(string text)
    {
        if (text.Length > 0 && text[^1] != '\n') throw new FormatException("mountinfo ends in the middle of a line");
        var mounts = new List<Mount>();
        foreach (var range in text.AsSpan().Split('\n'))
            if (!text.AsSpan(range).IsEmpty) mounts.Add(ParseLine(text[range], mounts.Count + 1));
        return mounts;
    }

    /// <summary>The mount that a path lies on; the path has no links in it. Null where that cannot be told.</summary>
    /// <remarks>
    /// Walked as the kernel walks: the longest mount point that fits would be wrong where a later mount covers an earlier one.
    /// </remarks>
    public Mount? Holding(string path)
    {
        var at = root;
        // Ids that occur twice could lead in a circle.
        for (var steps = All.Count; steps > 0 && at is not null && Next(at, path) is { } deeper; steps--) at = deeper;
        return at;
    }

    /// <summary>The mounts that are seen below a directory.</summary>
    public IEnumerable<Mount> Below(string directory) =>
        All.Where(mount => mount.Point != directory && Contains(directory, mount.Point) && ReferenceEquals(Holding(mount.Point), mount));

    public static bool Contains(string directory, string path) =>
        path.StartsWith(directory, StringComparison.Ordinal) && (path.Length == directory.Length || directory == "/" || path[directory.Length] == '/');

    Mount? Next(Mount mount, string path)
    {
        Mount? next = null;
        foreach (var child in children[mount.Id])
            if (Contains(child.Point, path) && child.Point.Length >= mount.Point.Length && (next is null || child.Point.Length <= next.Point.Length)) next = child;
        return next;
    }

    // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
    static Mount ParseLine(string line, int number)
    {
        var fields = line.Split(' ');
        var dash = fields.Length < 9 ? -1 : Array.IndexOf(fields, "-", 6);
        // A source may be empty; a name or an option may not be.
        if (dash < 0 || fields.Length != dash + 4 || !int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            || !int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var parent)
            || !DeviceTree.IsNumber(fields[2]) || fields[4] is not ['/', ..] || fields[dash + 1].Length == 0)
            throw new FormatException($"mountinfo: line {number} is malformed");
        return new Mount(id, parent, fields[2], Mount.Unescape(fields[3]), Mount.Unescape(fields[4]), Mount.Unescape(fields[dash + 1]), Mount.Unescape(fields[dash + 2]), fields[dash + 3]);
    }
}
