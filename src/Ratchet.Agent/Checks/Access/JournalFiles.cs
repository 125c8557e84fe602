using System.Buffers.Binary;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Access;

/// <summary>
/// Since when the journal of the system goes back, from the headers of its files (systemd's journal-def.h): the signature
/// <c>LPKSHHRH</c>, at byte 152 the number of entries, at byte 184 the time of the first one, in microseconds since 1970.
/// </summary>
static class JournalFiles
{
    const int HeaderSize = 208;

    /// <summary>Null where there is none.</summary>
    /// <exception cref="IOException">A file of it may not be read.</exception>
    public static DateTimeOffset? Begin(Machine machine)
    {
        DateTimeOffset? begins = null;
        // journalctl shows what this machine wrote, not what other machines (or this one under an older id) left there.
        if (machine.ReadText("/etc/machine-id")?.Trim() is not { Length: > 0 } id) return null;
        foreach (var folder in new[] { $"/var/log/journal/{id}", $"/run/log/journal/{id}" })
            foreach (var name in machine.List(folder) ?? [])
                if (name.StartsWith("system", StringComparison.Ordinal) && name.EndsWith(".journal", StringComparison.Ordinal) &&
                    machine.ReadAt($"{folder}/{name}", null, 0, HeaderSize) is { } header && First(header) is { } first && (begins is null || first < begins))
                    begins = first;
        return begins;
    }

    /// <summary>The time of the first entry; null for an empty journal and for what is none.</summary>
    public static DateTimeOffset? First(ReadOnlySpan<byte> header)
    {
        if (header.Length < HeaderSize || !header.StartsWith("LPKSHHRH"u8) || BinaryPrimitives.ReadUInt64LittleEndian(header[152..]) == 0) return null;
        var microseconds = BinaryPrimitives.ReadUInt64LittleEndian(header[184..]);
        return microseconds is > 0 and < 253_402_300_800_000_000 ? DateTimeOffset.UnixEpoch.AddTicks((long)microseconds * TimeSpan.TicksPerMicrosecond) : null;
    }
}
