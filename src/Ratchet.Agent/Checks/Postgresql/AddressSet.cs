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

    /// <summary>Removes what another set holds; costs with the size of this one, not of the other.</summary>
    public void RemoveAllOf(AddressSet other)
    {
        foreach (var (first, last) in ranges.ToArray())
            for (var i = other.IndexFrom(first); i < other.ranges.Count && other.ranges[i].First <= last; i++)
                Remove(other.ranges[i].First, other.ranges[i].Last);
    }

    public AddressSet Copy()
    {
        var copy = new AddressSet();
        copy.ranges.AddRange(ranges);
        return copy;
    }

    void Add(UInt128 first, UInt128 last)
    {
        var at = IndexFrom(first);
        var end = at;
        for (; end < ranges.Count && ranges[end].First <= last; end++)
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
