using System.Net;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>
/// What is known of one cluster: what its server answered, what its files say, where it listens. What could not be had is kept as
/// a reason, and asking for it throws that reason: the rule that needs it becomes unknown, and no other.
/// </summary>
sealed class ClusterFacts(Machine machine, Cluster cluster)
{
    // Times of files go by the kernel's tick of 4 ms, and the time of a load is taken at its end: what was changed so shortly
    // before it may have been changed after it was read.
    static readonly TimeSpan FileClock = TimeSpan.FromMilliseconds(5);

    const int DoorLimit = 20;

    public Machine Machine => machine;

    public Cluster Cluster => cluster;

    public bool Runs => cluster.Server is not null;

    /// <summary>The answer of the running server; null where it gave none or none runs.</summary>
    public ServerAnswer? Answer { get; init; }

    /// <summary>Why a running server gave no answer.</summary>
    public string? Mute { get; init; }

    /// <summary>The host's own addresses, loopback left out.</summary>
    public AddressSet Own { get; init; } = new();

    /// <summary>Everything that listens on the host.</summary>
    public required Func<PortSurvey> Listeners { get; init; }

    /// <summary>Doors before this server, through which clients of other hosts come as if they were of this one.</summary>
    /// <exception cref="IOException">They cannot be seen.</exception>
    public IReadOnlyList<Front> Fronts => fronts ??= Front.Find(machine.Unwatched(), Listeners(), Doors.Select(door => door.Port), IsOwn);

    IReadOnlyList<Front>? fronts;

    /// <summary>pg_hba.conf as the last sweep read it.</summary>
    public Kept<HbaFile> KeptHba { get; init; } = new();

    /// <summary>Asks a listener for TLS.</summary>
    public required Func<IPEndPoint, Task<PostgresOffer>> AskForTls { get; init; }

    /// <summary>How far the host's clock can be believed.</summary>
    public required Func<Task<TrueTime>> TimeAsync { get; init; }

    /// <summary>What each door that other hosts can reach answers when asked for TLS; each is asked once, all at the same time.</summary>
    /// <exception cref="IOException">One gives no answer.</exception>
    public Task<PostgresOffer[]> OffersAsync() => offers ??= RemoteDoors.Count <= DoorLimit
        ? Task.WhenAll(RemoteDoors.Select(door => AskForTls(door.EndPoint)))
        : throw new IOException($"it listens on {RemoteDoors.Count} addresses, more than the {DoorLimit} that are asked");

    Task<PostgresOffer[]>? offers;

    /// <summary>The machine as the cluster's account may read it: for every file that the cluster names.</summary>
    /// <exception cref="IOException">The account cannot be told.</exception>
    public Machine Readable => readable ??= ClusterAccount.Reading(machine, Account);

    Machine? readable;

    /// <summary>The cluster's account; null in a copied tree.</summary>
    public Reader? Account => account ??= ClusterAccount.Of(machine, cluster);

    Reader? account;

    public PostgresConfig Files => files ??= PostgresConfig.Read(Readable, cluster.Config, cluster.Data);

    PostgresConfig? files;

    /// <exception cref="IOException">The running server gave no answer.</exception>
    public ServerAnswer Said => Answer ?? throw new IOException(Mute ?? "it is stopped");

    /// <summary>In force where it runs, else what a start would take.</summary>
    /// <exception cref="IOException">It cannot be told.</exception>
    public string Setting(string name) =>
        Runs ? Said.Setting(name) ?? throw new IOException($"the server does not show its setting {name}: run packaging/postgresql/ratchet-agent.sql again")
        : Files.Value(name) ?? PostgresDefaults.Of(name, cluster.Major) ?? throw new IOException($"{name} is not set in its files");

    /// <summary>Whether a boolean setting is on.</summary>
    public bool IsOn(string name) => PostgresConfig.Boolean(Setting(name)) ?? throw new IOException($"{name} is neither on nor off");

    /// <summary>archive_mode is on also where it is always.</summary>
    public bool IsOnOrAlways(string name) => Setting(name) == "always" || IsOn(name);

    /// <summary>The path in a setting; relative ones count from the data directory. Also of a server that gave no answer, from its files.</summary>
    public string PathOf(string name)
    {
        var text = Answer?.Setting(name) ?? Files.Value(name) ?? PostgresDefaults.Of(name, cluster.Major) ?? "";
        return text.Length == 0 || text.StartsWith('/') ? text : $"{cluster.Data}/{text}";
    }

    /// <summary>Where clients can connect over TCP: the sockets of a running server, else its listen_addresses.</summary>
    /// <exception cref="IOException">It cannot be told.</exception>
    public IReadOnlyList<DaemonAddress> Doors => doors ??= Runs ? Open(cluster.Server!.Pid) : Planned();

    IReadOnlyList<DaemonAddress>? doors;

    /// <summary>The doors that other hosts can reach.</summary>
    public IReadOnlyList<DaemonAddress> RemoteDoors => [.. Doors.Where(door => Listener.ReachOf(door.Address) != Reach.Loopback)];

    IReadOnlyList<DaemonAddress> Open(int pid)
    {
        var open = DaemonAddress.Of(machine, pid);
        // Who has ended has no sockets either.
        return machine.ReadText($"/proc/{pid}/comm") is not null ? open : throw new IOException("the server ended while it was looked at");
    }

    List<DaemonAddress> Planned()
    {
        var list = new List<DaemonAddress>();
        var port = int.TryParse(Setting("port"), out var number) ? number : 0;
        foreach (var name in Setting("listen_addresses").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            list.Add(new DaemonAddress(name switch
            {
                "*" or "0.0.0.0" => IPAddress.Any,
                "localhost" => IPAddress.Loopback,
                _ => IPAddress.TryParse(name, out var address) ? address : throw new IOException($"where it will listen is not known: listen_addresses has the name {name}"),
            }, port));
        return list;
    }

    /// <summary>pg_hba.conf as it stands in the file.</summary>
    public HbaFile Hba
    {
        get
        {
            if (hba is not null) return hba;
            var (path, major) = (PathOf("hba_file"), cluster.Major ?? throw new IOException("its version is not known"));
            return hba = KeptHba.Of(Readable, (path, major, Account?.User, Account is null ? "" : string.Join(' ', Account.Groups.Order())), watched => HbaFile.Read(watched, path, major));
        }
    }

    HbaFile? hba;

    /// <summary>Why pg_hba.conf may not be what the server goes by; null where file and server agree, and where none runs.</summary>
    public string? HbaDoubt()
    {
        if (!Runs) return null;
        if (Said.Hba.Find(line => line.Wrong && line.Type.Length == 0) is { } refused)
            return $"the server refuses line {refused.Line} of pg_hba.conf and goes on with the lines that it had before";
        foreach (var file in Hba.Files)
            if (machine.Status(file) is { } status && IsNewer(status))
                return IsModified(status) || status.Touched > Said.LoadedAt ? $"{file} was changed after the server last loaded it" : $"{file} was changed while the server loaded it: reload once more";
        var seen = Said.Hba.Where(line => line.Type.Length > 0).Select(line => (line.Type, line.Method));
        return seen.SequenceEqual(Hba.Lines.Select(line => (line.Type, line.Method))) ? null : "the server reads other lines in pg_hba.conf than this agent";
    }

    /// <summary>Whether a file may have been changed after the server's last load, in content or owner or mode.</summary>
    public bool IsNewer(FileStatus? file) => file is not null && file.Touched > Said.LoadedAt - FileClock;

    /// <summary>Whether its content was, for certain.</summary>
    public bool IsModified(FileStatus? file) => file is not null && file.Modified > Said.LoadedAt;

    /// <summary>Whether an address of pg_stat_activity is the host's own: nothing travels.</summary>
    public bool IsOwn(string address) => IPAddress.TryParse(address.Split('%')[0], out var ip) && IsOwn(ip);

    bool IsOwn(IPAddress ip)
    {
        var rest = AddressSet.Of(ip, ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128);
        rest.Remove(AddressSet.Loopback);
        rest.Remove(Own);
        return rest.IsEmpty && !ip.IsIPv4MappedToIPv6;
    }
}

/// <summary>What PostgreSQL takes where a file says nothing (guc_tables.c).</summary>
static class PostgresDefaults
{
    const int FirstWithScram = 14;

    public static string? Of(string name, int? major) => name switch
    {
        "archive_mode" or "ssl" or "logging_collector" or "log_disconnections" => "off",
        "hba_file" => "pg_hba.conf",
        "ident_file" => "pg_ident.conf",
        "listen_addresses" => "localhost",
        "log_connections" => "",
        "log_destination" => "stderr",
        "log_file_mode" => "0600",
        "log_min_messages" => "warning",
        "password_encryption" => major >= FirstWithScram ? "scram-sha-256" : "md5",
        "port" => "5432",
        "ssl_cert_file" => "server.crt",
        "ssl_key_file" => "server.key",
        "ssl_min_protocol_version" => "TLSv1.2",
        _ => null,
    };
}
