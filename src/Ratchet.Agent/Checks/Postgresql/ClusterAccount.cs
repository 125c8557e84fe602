using System.Globalization;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>
/// Whose rights count for the files that a cluster names. Any user of the host can have a cluster, and have it name any path:
/// the agent reads no file for a cluster that the cluster's own account cannot read.
/// </summary>
static class ClusterAccount
{
    /// <summary>For a copied tree, whose files are read whoever owns them.</summary>
    static readonly FileReader Nobody = new(uint.MaxValue, new HashSet<uint>());

    /// <summary>The account of the server, or of the data directory where none runs.</summary>
    /// <exception cref="IOException">It cannot be told, or is root, which PostgreSQL refuses to be.</exception>
    public static FileReader Of(Machine machine, Cluster cluster)
    {
        if (!machine.IsLive) return Nobody;
        return cluster.Server is { } server ? OfServer(machine, server) : OfOwner(machine, cluster.Data);
    }

    public static FileReader OfServer(Machine machine, Postmaster server)
    {
        if (!machine.IsLive) return Nobody;
        var credentials = ProcessCredentials.Read(machine.Unwatched(), server.Pid) ?? throw new IOException("the server ended while it was looked at");
        // A pid can be another process's by now.
        return server.Uid != 0 && credentials.Uids.All(uid => uid == server.Uid)
            ? new FileReader(server.Uid, credentials.Groups)
            : throw new IOException($"process {server.Pid} is no server of an account of its own: its files are not read");
    }

    /// <summary>
    /// Whoever can choose what stands at a path in /etc/postgresql: the first owner on the way to it that is not root. Where root laid
    /// out everything, root named the files.
    /// </summary>
    public static FileReader OfConfiguration(Machine machine, string file)
    {
        if (!machine.IsLive) return Nobody;
        return OfUid(machine, Way(file).Select(path => machine.Status(path, follow: false)?.Uid ?? 0).FirstOrDefault(uid => uid != 0));
    }

    /// <summary>Who owns the data directory, as pg_ctlcluster starts the server.</summary>
    static FileReader OfOwner(Machine machine, string data)
    {
        var owner = machine.Unwatched().Status(data)?.Uid ?? throw new IOException($"{data} is missing");
        return owner != 0 ? OfUid(machine, owner) : throw new IOException($"{data} belongs to root, which no server runs as: its files are not read");
    }

    /// <summary>The path and every directory above it, from the top.</summary>
    static IEnumerable<string> Way(string path) =>
        path.Select((letter, at) => (letter, at)).Where(place => place.letter == '/' && place.at > 0).Select(place => path[..place.at]).Append(path);

    static FileReader OfUid(Machine machine, uint uid)
    {
        var groups = new HashSet<uint>();
        var names = Lines(machine, "/etc/passwd").Where(account => account.Length > 3 && Number(account[2]) == uid).ToList();
        foreach (var account in names)
            if (Number(account[3]) is { } group) groups.Add(group);
        foreach (var group in Lines(machine, "/etc/group"))
            if (group.Length > 3 && Number(group[2]) is { } id && group[3].Split(',').Intersect(names.Select(account => account[0])).Any()) groups.Add(id);
        return new FileReader(uid, groups);
    }

    static IEnumerable<string[]> Lines(Machine machine, string file) => (machine.ReadText(file) ?? "").Split('\n').Select(line => line.Split(':'));

    static uint? Number(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
