using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ossec;

/// <summary>Which kinds of scan are asked for, and how far back an end can matter (in the host's zone).</summary>
readonly record struct ScanNeeds(bool Syscheck, bool Rootcheck, DateTime Horizon)
{
    public void ApplyTo(LogEvents events) => (events.WantsSyscheck, events.WantsRootcheck, events.Horizon) = (Syscheck, Rootcheck, Horizon);
}

/// <summary>
/// Reads logs/ossec.log, however long it is: backwards from its end, a bounded piece each time, until both kinds of scan are
/// found; later only what was appended. Where the log itself does not reach back far enough, its rotated files are read.
/// </summary>
sealed class ScanLog
{
    /// <summary>Most bytes of a plain log that one look reads.</summary>
    public const int PieceLimit = 4 << 20;

    const int UnpackedLimit = 64 << 20;
    const int RotatedFiles = 4;

    // The log of today is in the generation after all the rotated ones; one generation holds 16 TiB.
    const int OffsetBits = 44;

    LogEvents events = new();
    ulong inode;
    long low, high;
    byte[] mark = [];

    /// <summary>Looks again. The events are those of this look and all before it.</summary>
    /// <exception cref="IOException">The log cannot be read.</exception>
    public LogEvents Read(Machine machine, Installation installation, ScanNeeds needs, CancellationToken cancel)
    {
        var path = installation.Directory + "/logs/ossec.log";
        using var file = machine.OpenFile(path);
        var status = file is null ? null : Libc.Status(file);
        if (file is null || status!.Inode != inode || !Continues(file, status.Size)) Begin(status?.Inode ?? 0);
        needs.ApplyTo(events);
        if (file is not null) ReadLog(file, status!.Size, needs);
        if (low == 0 && !events.IsEnough && !events.IsWhole)
        {
            foreach (var (rotated, generation) in RotatedLogs.Find(machine, installation).Take(RotatedFiles).Select((name, i) => (name, RotatedFiles - 1 - i)))
            {
                cancel.ThrowIfCancellationRequested();
                if (!events.IsEnough) ReadRotated(machine, rotated, (long)generation << OffsetBits);
            }
            events.IsWhole = true;
        }
        return events;
    }

    void Begin(ulong newInode) => (events, inode, low, high, mark) = (new LogEvents(), newInode, 0, 0, []);

    void ReadLog(SafeFileHandle file, long size, ScanNeeds needs)
    {
        var end = LogTail.LastLineEnd(file, size);
        if (high == 0 || end - high > PieceLimit)
        {
            if (high > 0) Begin(inode);
            needs.ApplyTo(events);
            low = high = end;
        }
        else if (end > high) Piece(file, high, end);
        if (end > high) high = end;
        mark = MarkOf(file);
        if (low > 0 && !events.IsEnough) low = Piece(file, 0, low);
    }

    long Piece(SafeFileHandle file, long floor, long end) => LogTail.ReadBackwards(file, floor, end, PieceLimit, (lines, offset) =>
    {
        events.NoteLines(lines, ((long)RotatedFiles << OffsetBits) + offset);
        return floor > 0 || !events.IsComplete;
    });

    /// <summary>Whether the file still goes on from where the last look ended: not cut, nor cut and filled again.</summary>
    bool Continues(SafeFileHandle file, long size) => size >= high && MarkOf(file).AsSpan().SequenceEqual(mark);

    /// <summary>A digest of the last bytes that were read.</summary>
    byte[] MarkOf(SafeFileHandle file)
    {
        Span<byte> last = stackalloc byte[(int)Math.Min(high, 256)];
        return last.IsEmpty ? [] : SHA256.HashData(last[..RandomAccess.Read(file, last, high - last.Length)]);
    }

    void ReadRotated(Machine machine, string path, long generation)
    {
        using var file = machine.OpenFile(path);
        if (file is null) return;
        if (!path.EndsWith(".gz", StringComparison.Ordinal))
        {
            var size = Libc.Status(file).Size;
            LogTail.ReadBackwards(file, 0, LogTail.LastLineEnd(file, size), PieceLimit, (lines, offset) =>
            {
                events.NoteLines(lines, generation + offset);
                return true;
            });
            return;
        }
        using var stream = new FileStream(file, FileAccess.Read);
        using var unpacked = new GZipStream(stream, CompressionMode.Decompress);
        ReadForwards(unpacked, generation);
    }

    /// <summary>A packed file can only be read from its beginning; what lies behind the limit is not seen.</summary>
    void ReadForwards(Stream stream, long generation)
    {
        var buffer = new byte[64 << 10];
        var (filled, offset) = (0, 0L);
        try
        {
            while (offset < UnpackedLimit && stream.Read(buffer, filled, buffer.Length - filled) is > 0 and var count)
            {
                filled += count;
                var used = buffer.AsSpan(0, filled).LastIndexOf((byte)'\n') + 1;
                events.NoteLines(buffer.AsSpan(0, used), generation + offset);
                // A line that is longer than the buffer is dropped.
                if (used == 0 && filled == buffer.Length) used = filled;
                buffer.AsSpan(used, filled - used).CopyTo(buffer);
                filled -= used;
                offset += used;
            }
        }
        catch (InvalidDataException)
        {
            // Cut or no gzip at all: what was read before stays.
        }
    }
}
