using System.Text.Json.Nodes;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ports;

/// <summary>
/// The policy that allows exactly what listens now, as JSON for <c>conf.d</c>: by unit where its name lasts, else by program
/// and user, each with the reach that it is bound to. UDP on client ports is not in it, it is not judged without an entry.
/// </summary>
static class PortSuggestion
{
    public static JsonObject Of(PortSurvey survey)
    {
        var allow = new JsonArray();
        foreach (var entry in Entries(survey)) allow.Add((JsonNode)Json(entry));
        return new JsonObject { ["ports"] = new JsonObject { ["allow"] = allow } };
    }

    /// <summary>One entry for each protocol, port and holder, with the widest reach of its addresses.</summary>
    internal static IEnumerable<PortEntry> Entries(PortSurvey survey) =>
        survey.Listeners
            .Where(listener => listener.Protocol != Protocol.Udp || listener.Socket is not null || !survey.Ephemeral.Contains(listener.Port))
            .SelectMany(Entries)
            .GroupBy(entry => entry with { Reach = Reach.Loopback })
            .Select(same => same.Key with { Reach = same.Max(entry => entry.Reach) });

    static IEnumerable<PortEntry> Entries(Listener listener)
    {
        var entry = new PortEntry { Protocol = listener.ProtocolName, Port = new PortRange(listener.Port, listener.Port), Reach = listener.Reach };
        if (listener.Holders.Count == 0) return [entry];
        if (listener is { IsWaiting: true, Socket: { } socket }) return [entry with { Unit = Literal(socket.Name) }];
        return HolderMatch.Judged(listener).Select(holder =>
            holder.Unit is { } unit && UnitName.IsStable(unit) ? entry with { Unit = Literal(unit) }
            : entry with { Program = holder.Program is null ? null : Literal(holder.Program), User = holder.User });
    }

    /// <summary>A pattern has no way to write a star of its own; a question mark stands for that one character.</summary>
    static string Literal(string text) => text.Replace('*', '?');

    static JsonObject Json(PortEntry entry)
    {
        var json = new JsonObject { ["protocol"] = entry.Protocol, ["port"] = entry.Port.First };
        if (entry.Unit is not null) json["unit"] = entry.Unit;
        if (entry.Program is not null) json["program"] = entry.Program;
        if (entry.User is not null) json["user"] = entry.User;
        json["reach"] = entry.Reach.ToString().ToLowerInvariant();
        return json;
    }
}
