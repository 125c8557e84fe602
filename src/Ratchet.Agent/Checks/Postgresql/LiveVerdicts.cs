using System.Globalization;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>What can be reached, and what travels right now.</summary>
sealed class LiveVerdicts(ClusterFacts facts, Reach allowed)
{
    static readonly string[] Demanding = ["require", "verify-ca", "verify-full"];

    string Subject => facts.Cluster.Subject;

    public Finding ReachLimited()
    {
        var rule = PostgresRules.ReachLimited;
        var doors = facts.Doors;
        var evidence = new Evidence { { "listeners", doors.Select(door => $"{door.Address}:{door.Port}") }, { "allowed", Name(allowed) } };
        var before = facts.Runs && facts.Fronts.Count > 0 ? $"; before it {(facts.Fronts.Count == 1 ? "stands" : "stand")} {string.Join(", ", facts.Fronts)}, which the port policy judges" : "";
        var wide = doors.FirstOrDefault(door => Listener.ReachOf(door.Address) > allowed);
        return wide is not null
            ? Finding.Fail(rule, Subject, $"it {(facts.Runs ? "listens" : "is stopped and will listen")} on {wide.Address}:{wide.Port}; {Name(allowed)} addresses are allowed only", evidence)
            : Finding.Pass(rule, Subject, doors.Count == 0 ? $"it listens on Unix sockets alone{before}" : $"it {(facts.Runs ? "listens" : "is stopped and will listen")} on {string.Join(", ", doors.Select(door => door.Address))}{before}", evidence);
    }

    public Finding SessionsEncrypted()
    {
        var rule = PostgresRules.SessionsEncrypted;
        if (!facts.Runs) return Finding.NotApplicable(rule, Subject, "it is stopped: there are no sessions");
        if (!facts.Said.ShowsSessions) return Finding.Unknown(rule, Subject, "the server does not show other roles' sessions: run packaging/postgresql/ratchet-agent.sql again");
        var remote = facts.Said.Sessions.Where(session => !session.IsReplication && !facts.IsOwn(session.Address)).ToList();
        var plain = remote.Where(session => session.IsKnown && !session.IsEncrypted).ToList();
        var evidence = new Evidence { { "sessions", remote.Sum(session => session.Count) }, { "unencrypted", plain.Select(Text) } };
        if (plain.Count > 0) return Finding.Fail(rule, Subject, $"{Text(plain[0])} is unencrypted{(plain.Count > 1 ? $", and {plain.Count - 1} more" : "")}", evidence);
        // What comes through a pooler is a session of this host to the server.
        var fronts = facts.Fronts.Where(front => front.Clients is not 0).ToList();
        if (fronts.Count > 0) evidence.Add("through", fronts.Select(Text));
        if (fronts.Find(front => front is { Clients: > 0, File.Refuses: true }) is { } open)
            return Finding.Fail(rule, Subject, $"{Text(open)}, unencrypted", evidence);
        if (remote.Exists(session => !session.IsKnown)) return Finding.Unknown(rule, Subject, "the server does not say of every session whether it is encrypted", evidence);
        if (fronts.Find(front => front.File is not { Demands: true }) is { } hidden)
            return Finding.Unknown(rule, Subject, $"{Text(hidden)}: whether that is encrypted the server cannot tell{(hidden.File?.Doubt is { } doubt ? $", and {doubt}" : "")}", evidence);
        return Finding.Pass(rule, Subject, fronts.Count > 0 ? $"every session from another host is encrypted at this moment; {string.Join("; ", fronts.Select(Text))}"
            : remote.Count == 0 ? "no session from another host at this moment" : "every session from another host is encrypted at this moment", evidence);
    }

    static string Text(Front front) =>
        $"{front.Clients?.ToString(CultureInfo.InvariantCulture) ?? "an unknown number of"} {(front.Clients == 1 ? "connection from another host goes" : "connections from other hosts go")} through {front}{(front.File is { Doubt: null, Mode: { } mode } ? $" (client_tls_sslmode = {Printable.Clean(mode, 40)})" : "")}";

    public Finding ReplicationEncrypted()
    {
        var rule = PostgresRules.ReplicationEncrypted;
        if (!facts.Runs) return Finding.NotApplicable(rule, Subject, "it is stopped: nothing is replicated");
        var said = facts.Said;
        var senders = said.Sessions.Where(session => session.IsReplication && !facts.IsOwn(session.Address)).ToList();
        var evidence = new Evidence { { "receivers", senders.Select(Text) }, { "subscriptions", said.Subscriptions.Select(subscription => $"{subscription.Name} sslmode={Mode(subscription.Mode)}") } };
        if (senders.Find(sender => sender.IsKnown && !sender.IsEncrypted) is { } plain) return Finding.Fail(rule, Subject, $"the replication stream to {Text(plain)} is unencrypted", evidence);
        if (!said.ShowsSessions || senders.Exists(sender => !sender.IsKnown)) return Finding.Unknown(rule, Subject, "the server does not show whether its replication streams are encrypted: run packaging/postgresql/ratchet-agent.sql again", evidence);
        var incoming = Incoming(said).ToList();
        if (incoming.Find(stream => stream.IsLocal == false && !Demanding.Contains(stream.Mode)) is { What: not null } weak)
            return Finding.Fail(rule, Subject, $"{weak.What} sslmode={Mode(weak.Mode)}, which goes without TLS where the other side says so", evidence);
        if (incoming.Find(stream => stream.IsLocal is null && !Demanding.Contains(stream.Mode)) is { What: not null } unread)
            return Finding.Unknown(rule, Subject, $"{unread.What} a connection string that says neither that it demands TLS nor that it stays on the host in words that can be read here (or run packaging/postgresql/ratchet-agent.sql again)", evidence);
        if (said is { IsStandby: true, Receiver: null, Upstream: null, HasSource: true })
            return Finding.Unknown(rule, Subject, "the server does not tell whether its primary_conninfo demands TLS: run packaging/postgresql/ratchet-agent.sql again", evidence);
        return senders.Count == 0 && incoming.TrueForAll(stream => stream.IsLocal == true)
            ? Finding.NotApplicable(rule, Subject, "it replicates to no other host and from none at this moment")
            : Finding.Pass(rule, Subject, "every replication stream is encrypted", evidence);
    }

    /// <summary>What it receives: the stream of a standby as it runs, else as it is configured, and its subscriptions.</summary>
    IEnumerable<(string What, string Mode, bool? IsLocal)> Incoming(ServerAnswer said)
    {
        const string stream = "it receives its replication stream with";
        if (said is { IsStandby: true, Receiver: { } receiver }) yield return (stream, receiver.Mode, receiver.Host.StartsWith('/') || facts.IsOwn(receiver.Host));
        else if (said is { IsStandby: true, Upstream: { } upstream }) yield return (stream, upstream.Mode, upstream.IsLocal);
        foreach (var (name, mode, isLocal) in said.Subscriptions) yield return ($"the subscription {name} has", mode, isLocal);
    }

    static string Text(SessionGroup session) => $"{session.User} from {session.Address}{(session.Count > 1 ? $" ({session.Count} sessions)" : "")}";

    static string Mode(string mode) => mode.Length == 0 ? "prefer (the default)" : mode;

    static string Name(Reach reach) => reach.ToString().ToLowerInvariant();
}
