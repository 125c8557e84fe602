using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Ratchet.Agent.Service;

/// <summary>Spreads a fleet: each host has its own moment within the interval, the same in every interval.</summary>
static class Schedule
{
    /// <summary>The next moment after <paramref name="now"/> that is the host's.</summary>
    public static DateTimeOffset Next(DateTimeOffset now, TimeSpan interval, string hostId)
    {
        var phase = (long)(BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(hostId))) % (ulong)interval.Ticks);
        var passed = (now.UtcTicks - phase) % interval.Ticks;
        return now.AddTicks(interval.Ticks - passed);
    }
}
