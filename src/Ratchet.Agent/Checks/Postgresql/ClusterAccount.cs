using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>
/// Whose rights count for the files that a cluster names. Any user of the host can have a cluster, and have it name any path:
/// the agent reads no file for a cluster that the cluster's own account cannot read.
/// </summary>
static class ClusterAccount
{
    /// <summary>The account of the server, or of the data directory where none runs; null in a copied tree, whose owners are not the host's.</summary>
    /// <exception cref="IOException">It cannot be told, or is root, which PostgreSQL refuses to be.</exception>
    public static Reader? Of(Machine machine, Cluster cluster) =>
        !machine.IsLive ? null : cluster.Server is { } server ? OfServer(machine, server) : OfOwner(machine, cluster.Data);

    /// <summary>
    /// Whoever can choose what stands at a path in /etc/postgresql: the first owner on the way to it that is not root. Where root laid
    /// out everything, root named the files.
    /// </summary>
    public static Reader? OfConfiguration(Machine machine, string file) =>
        machine.IsLive ? OfUid(machine, Way(file).Select(path => machine.Status(path, follow: false)?.Uid ?? 0).FirstOrDefault(uid => uid != 0)) : null;

    public static Machine Reading(Machine machine, Reader? account) => account is null ? machine : machine.ReadingAs(account);

    static Reader OfServer(Machine machine, Postmaster server)
    {
        var credentials = ProcessCredentials.Read(machine.Unwatched(), server.Pid) ?? throw new IOException("the server ended while it was looked at");
        // A pid can be another process's by now.
        return server.Uid != 0 && credentials.Uids.All(uid => uid == server.Uid)
            ? new Reader(Name(server.Uid), server.Uid, credentials.Groups)
            : throw new IOException($"process {server.Pid} is no server of an account of its own: its files are not read");
    }

    /// <summary>Who owns the data directory, as pg_ctlcluster starts the server.</summary>
    static Reader OfOwner(Machine machine, string data)
    {
        var owner = machine.Unwatched().Status(data)?.Uid ?? throw new IOException($"{data} is missing");
        return owner != 0 ? OfUid(machine, owner) : throw new IOException($"{data} belongs to root, which no server runs as: its files are not read");
    }

    /// <summary>The path and every directory above it, from the top.</summary>
    static IEnumerable<string> Way(string path) =>
        path.Select((letter, at) => (letter, at)).Where(place => place.letter == '/' && place.at > 0).Select(place => path[..place.at]).Append(path);

    static Reader OfUid(Machine machine, uint uid)
    {
        var groups = new HashSet<uint>();
        var accounts = Lines(machine, "/etc/passwd", 7).Where(account => NameFile.Number(account[2]) == uid).ToList();
        foreach (var account in accounts)
            if (NameFile.Number(account[3]) is { } group) groups.Add(group);
        foreach (var group in Lines(machine, "/etc/group", 4))
            if (NameFile.Number(group[2]) is { } id && group[3].Split(',').Intersect(accounts.Select(account => account[0])).Any()) groups.Add(id);
        return new Reader(Name(uid), uid, groups);
    }

    static string Name(uint uid) => $"the cluster's account (uid {uid})";

    static IEnumerable<string[]> Lines(Machine machine, string file, int fields) => NameFile.Lines(machine.ReadText(file) ?? "", fields).Where(line => !NameFile.IsComment(line[0]));
}
