namespace Ratchet.Agent.Checks.Ports;

/// <summary>Whether an entry speaks of a holder. The order counts: a conjunction is the least of its parts.</summary>
enum Match
{
    No,

    /// <summary>Port and protocol are right, but who holds the socket could not be seen.</summary>
    Unseen,

    Yes,
}

/// <summary>Compares a listener's holders with the units, programs and users that entries name.</summary>
static class HolderMatch
{
    /// <summary>
    /// The worst of all holders, each by the best entry: a socket that a named service shares with a program that no entry
    /// names is not expected.
    /// </summary>
    public static Match Worst(List<PolicyEntry> entries, Listener listener)
    {
        if (listener.Holders.Count == 0) return Best(entries, entry => entry.NamesHolder ? Match.Unseen : Match.Yes);
        var worst = Match.Yes;
        foreach (var holder in Judged(listener))
        {
            var best = Match.No;
            foreach (var entry in entries)
                if (Of(entry, holder, listener) is var match && match > best) best = match;
            if (best < worst) worst = best;
        }
        return worst;
    }

    /// <summary>The best of all holders: enough to say that a required listener is there.</summary>
    public static Match Any(PolicyEntry entry, Listener listener)
    {
        if (listener.Holders.Count == 0) return entry.NamesHolder ? Match.Unseen : Match.Yes;
        if (listener.Holders.Count == 1) return Of(entry, listener.Holders[0], listener);
        return Judged(listener).Max(holder => Of(entry, holder, listener));
    }

    /// <summary>Pid 1 opens sockets for services; where the service has it too, it alone is judged.</summary>
    public static IEnumerable<Holder> Judged(Listener listener) =>
        listener.Holders is [_] ? listener.Holders : listener.Holders.Where(holder => !holder.IsSystemd);

    public static Match Of(PolicyEntry entry, Holder holder, Listener listener)
    {
        if (listener is { IsWaiting: true, Socket: not null }) return OfWaiting(entry, listener);
        if (entry.Units.Count > 0 && !IsUnit(entry.Units, holder, listener)) return Match.No;
        if (entry.User is not null && entry.User != holder.User) return Match.No;
        if (entry.Programs.Count == 0) return Match.Yes;
        if (holder.Program is null) return Match.Unseen;
        return IsMatch(entry.Programs, holder.Program) ? Match.Yes : Match.No;
    }

    /// <summary>The unit is known from the unit files; which program and user will get the socket is not seen until it runs.</summary>
    static Match OfWaiting(PolicyEntry entry, Listener listener)
    {
        var socket = listener.Socket!;
        if (entry.Units.Count > 0 && !IsMatch(entry.Units, socket.Name) && (socket.Service is null || !IsMatch(entry.Units, socket.Service))) return Match.No;
        return entry.Programs.Count > 0 || entry.User is not null ? Match.Unseen : Match.Yes;
    }

    /// <summary>An entry that names the socket unit allows the service that the socket is for.</summary>
    static bool IsUnit(IReadOnlyList<string> patterns, Holder holder, Listener listener) =>
        holder.Unit is not null && (IsMatch(patterns, holder.Unit) || (listener.Socket is { } socket && holder.Unit == socket.Service && IsMatch(patterns, socket.Name)));

    // Plain loops here and above: these run for each listener and entry, and a sweep may see ten thousand of them.
    static bool IsMatch(IReadOnlyList<string> patterns, string text)
    {
        for (var i = 0; i < patterns.Count; i++)
            if (Wildcard.Matches(patterns[i], text)) return true;
        return false;
    }

    static Match Best(List<PolicyEntry> entries, Func<PolicyEntry, Match> match) => entries.Count == 0 ? Match.No : entries.Max(match);
}
