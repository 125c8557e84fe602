namespace Ratchet.Agent.Probes;

/// <summary>The time zone of a machine, for times that are written without one.</summary>
static class HostZone
{
    const string Zones = "/zoneinfo/";

    /// <summary>
    /// From the link /etc/localtime, else the name in /etc/timezone; where neither names a zone, that of this process on a
    /// live machine and UTC on a recorded one.
    /// </summary>
    public static TimeZoneInfo Of(Machine machine)
    {
        var link = machine.ReadLink("/etc/localtime");
        var name = link?.IndexOf(Zones, StringComparison.Ordinal) is >= 0 and var at ? link[(at + Zones.Length)..] : machine.ReadText("/etc/timezone", 4096)?.Trim();
        if (name is not null && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone)) return zone;
        return machine.IsLive ? TimeZoneInfo.Local : TimeZoneInfo.Utc;
    }

    /// <summary>
    /// The instants that a local time can mean: twice the same, except in the hour that comes twice when summer time ends.
    /// </summary>
    public static (DateTimeOffset First, DateTimeOffset Last) Instants(this TimeZoneInfo zone, DateTime local)
    {
        if (!zone.IsAmbiguousTime(local))
        {
            var only = new DateTimeOffset(local, zone.GetUtcOffset(local));
            return (only, only);
        }
        var offsets = zone.GetAmbiguousTimeOffsets(local);
        return (new DateTimeOffset(local, offsets.Max()), new DateTimeOffset(local, offsets.Min()));
    }
}
