using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Jvm;

/// <summary>
/// What a HotSpot JVM tells of itself in <c>/tmp/hsperfdata_USER/PID</c>: its version, and how its management agent is open. The file
/// belongs to the judged user: it is testimony, and a better source goes before it. It holds all arguments: only the
/// entries named here are taken.
/// </summary>
/// <remarks>
/// Layout (jdk.internal.perf, version 2): magic CAFEC0C0 (big endian), byte order (1 is little), major, minor, accessible; used and
/// overflow (4 each), time (8), offset and number of entries (4 each). An entry: length, offset of the name, length of the vector
/// (4 each), type, flags, unit, variability (1 each), offset of the data (4).
/// </remarks>
/// <param name="Created">When the JVM that wrote it began.</param>
/// <param name="Version"><c>17.0.15</c>.</param>
/// <param name="Remote">The entries of remote management (<c>ssl</c>, <c>authenticate</c>, <c>remoteAddress</c>); null where it is not on.</param>
/// <param name="HasLocal">The connector that jconsole asks for is on; it hangs up on other hosts.</param>
sealed record PerfData(DateTimeOffset? Created, string? Version, IReadOnlyDictionary<string, string>? Remote, bool HasLocal)
{
    const string Management = "sun.management.JMXConnectorServer.";
    const int Limit = 1 << 20, EntryLimit = 10_000, HeaderLength = 32, EntryLength = 20;

    /// <summary>A process started later than this after the file's JVM is another one under the same number.</summary>
    static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Null where the JVM writes none (<c>-XX:-UsePerfData</c>) or where the file is another process's, left by kill -9.
    /// </summary>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    /// <exception cref="FormatException">It is damaged.</exception>
    public static PerfData? Find(Machine machine, JavaProcess process, DateTimeOffset? processStarted)
    {
        // PrivateTmp and containers have a /tmp of their own.
        var temporary = $"/proc/{process.Pid}/root/tmp";
        foreach (var name in machine.List(temporary) ?? [])
        {
            if (!name.StartsWith("hsperfdata_", StringComparison.Ordinal)) continue;
            // Anybody can make a directory of this name in /tmp.
            if (machine.Status($"{temporary}/{name}", follow: false) is not { Kind: FileKind.Directory } directory || directory.Uid != process.Info.Uid) continue;
            if (machine.ReadUntrusted(temporary, $"{name}/{process.Credentials.InnerPid}", Limit) is not { } bytes) continue;
            var data = Parse(bytes);
            if (data.Created is { } created && processStarted is { } started && created > started - Tolerance) return data;
        }
        return null;
    }

    /// <exception cref="FormatException">It is no such file, or cut off.</exception>
    public static PerfData Parse(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderLength || BinaryPrimitives.ReadUInt32BigEndian(file) != 0xCAFEC0C0) throw new FormatException("hsperfdata: is no performance data of a JVM");
        if (file[4] != 1 || file[5] != 2) throw new FormatException($"hsperfdata: byte order {file[4]}, version {file[5]} is not known");
        var (offset, count) = (Number(file, 24), Number(file, 28));
        DateTimeOffset? created = null;
        string? version = null;
        // jcmd stops and starts remote management: each start gets the next number, the entries of those that were stopped stay, and
        // remote.enabled is the number of the one that is on, or -1.
        var (remotes, enabled, hasLocal) = (new SortedDictionary<int, Dictionary<string, string>>(), (long?)null, false);
        for (var i = 0; i < Math.Min(count, EntryLimit); i++)
        {
            var length = Number(file, offset);
            if (length < EntryLength || length > file.Length - offset) throw new FormatException("hsperfdata: an entry leads out of the file");
            var entry = file.Slice(offset, length);
            offset += length;
            var name = Text(Tail(entry, Number(entry, 4)));
            if (name == "sun.rt.createVmBeginTime" && Tail(entry, Number(entry, 16)) is { Length: >= 8 } time)
                created = DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(BinaryPrimitives.ReadInt64LittleEndian(time), 0, 253402300799999));
            else if (name == "java.property.java.version") version = Value(entry);
            else if (name == Management + "address") hasLocal = true;
            else if (name == Management + "remote.enabled" && Tail(entry, Number(entry, 16)) is { Length: >= 8 } which) enabled = BinaryPrimitives.ReadInt64LittleEndian(which);
            else if (name.StartsWith(Management, StringComparison.Ordinal) && name[Management.Length..].Split('.') is [var digits, var key] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                if (!remotes.TryGetValue(number, out var values)) remotes[number] = values = [];
                if (Value(entry) is { } value) values[key] = value;
            }
        }
        var on = remotes.Where(remote => remote.Value.ContainsKey("remoteAddress")).ToList();
        var last = on.Exists(remote => remote.Key == enabled) ? on.Find(remote => remote.Key == enabled) : on.LastOrDefault();
        return new PerfData(created, version, enabled == -1 ? null : last.Value, hasLocal);
    }

    /// <summary>The text of an entry that holds one (a vector of bytes), else null.</summary>
    static string? Value(ReadOnlySpan<byte> entry)
    {
        var size = Number(entry, 8);
        if (entry[12] != (byte)'B' || size <= 0) return null;
        var data = Tail(entry, Number(entry, 16));
        return size > data.Length ? throw new FormatException("hsperfdata: a text leads out of its entry") : Text(data[..size]);
    }

    static int Number(ReadOnlySpan<byte> bytes, int offset) =>
        offset < 0 || offset > bytes.Length - 4 ? throw new FormatException("hsperfdata: is cut off") : BinaryPrimitives.ReadInt32LittleEndian(bytes[offset..]);

    static ReadOnlySpan<byte> Tail(ReadOnlySpan<byte> entry, int offset) =>
        offset < EntryLength || offset > entry.Length ? throw new FormatException("hsperfdata: a name or value leads out of its entry") : entry[offset..];

    static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes.IndexOf((byte)0) is >= 0 and var end ? bytes[..end] : bytes);
}
