using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>
/// A set of client addresses: sorted ranges that do not touch. IPv4 addresses stand at their place in IPv6
/// (<c>::ffff:a.b.c.d</c>), so that one line of numbers holds both; a range of IPv6 never means them.
/// </summary>
sealed class AddressSet
{
    static readonly UInt128 V4First = (UInt128)0xffff << 32;
    static readonly UInt128 V4Last = V4First + uint.MaxValue;

    readonly List<(UInt128 First, UInt128 Last)> ranges = [];

    public bool IsEmpty => ranges.Count == 0;

    public static AddressSet All => new() { ranges = { (0, UInt128.MaxValue) } };

    /// <summary>What never leaves the host: 127.0.0.0/8 and ::1.</summary>
    public static AddressSet Loopback
    {
        get
        {
            var set = Of(IPAddress.Loopback, 8);
            set.Add(Of(IPAddress.IPv6Loopback, 128));
            return set;
        }
    }

    /// <summary>A network; host bits of its address do not count.</summary>
    public static AddressSet Of(IPAddress address, int length)
    {
        var (set, isV4) = (new AddressSet(), address.AddressFamily == AddressFamily.InterNetwork);
        var number = Number(address);
        var free = (isV4 ? 32 : 128) - length;
        var mask = free >= 128 ? UInt128.MaxValue : (UInt128.One << free) - 1;
        var (first, last) = (number & ~mask, number | mask);
        set.Add(first, last);
        if (!isV4) set.Remove(V4First, V4Last);
        return set;
    }

    public void Add(AddressSet other)
    {
        foreach (var (first, last) in other.ranges) Add(first, last);
    }

    public void Remove(AddressSet other)
    {
        foreach (var (first, last) in other.ranges)
        {
            if (IsEmpty) return;
            Remove(first, last);
        }
    }

    /// <summary>Whether other sets together hold all of this one.</summary>
    /// <param name="steps">Counts the ranges that were looked at.</param>
    public bool IsWithin(IReadOnlyList<AddressSet> others, ref int steps)
    {
        foreach (var (first, last) in ranges)
            for (var next = first; ;)
            {
                UInt128? end = null;
                foreach (var other in others)
                {
                    steps++;
                    if (other.IndexFrom(next) is var at && at < other.ranges.Count && other.ranges[at].First <= next && !(end >= other.ranges[at].Last)) end = other.ranges[at].Last;
                }
                if (end is not { } held) return false;
                if (held >= last) break;
                next = held + 1;
            }
        return true;
    }

    void Add(UInt128 first, UInt128 last)
    {
        var at = IndexFrom(first == 0 ? 0 : first - 1);
        var end = at;
        for (; end < ranges.Count && (ranges[end].First <= last || ranges[end].First == last + 1); end++)
        {
            if (ranges[end].First < first) first = ranges[end].First;
            if (ranges[end].Last > last) last = ranges[end].Last;
        }
        ranges.RemoveRange(at, end - at);
        ranges.Insert(at, (first, last));
    }

    void Remove(UInt128 first, UInt128 last)
    {
        var at = IndexFrom(first);
        var rest = new List<(UInt128, UInt128)>(2);
        var end = at;
        for (; end < ranges.Count && ranges[end].First <= last; end++)
        {
            if (ranges[end].First < first) rest.Add((ranges[end].First, first - 1));
            if (ranges[end].Last > last) rest.Add((last + 1, ranges[end].Last));
        }
        ranges.RemoveRange(at, end - at);
        ranges.InsertRange(at, rest);
    }

    /// <summary>The first range that ends at or behind a number.</summary>
    int IndexFrom(UInt128 number)
    {
        var (low, high) = (0, ranges.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (ranges[middle].Last < number) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    static UInt128 Number(IPAddress address) => BinaryPrimitives.ReadUInt128BigEndian(address.MapToIPv6().GetAddressBytes());
}
