using System.Collections.Concurrent;
using System.Net;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>
/// PostgreSQL: finds every cluster, asks each running server once a sweep through its own psql, asks its listeners for TLS once a
/// day, and judges what is in force; a stopped cluster is judged by its files. What travels is judged as it is now.
/// </summary>
/// <param name="orphans">What <see cref="SocketOwners.Find"/> remembers, for all checks that look at the listeners.</param>
sealed class PostgresCheck(PostgresqlSettings settings, ServerClient client, HostClock? clock = null, HashSet<ulong>? orphans = null) : ICheck
{
    readonly HostClock clock = clock ?? new();
    readonly HashSet<ulong> orphans = orphans ?? [];
    readonly TlsMemory offers = new();
    readonly ConcurrentDictionary<string, Kept<HbaFile>> hbaFiles = new();
    volatile IReadOnlyList<Cluster> seen = [];

    public PostgresCheck(PostgresqlSettings settings) : this(settings, new ServerClient(settings.Role))
    {
    }

    public IReadOnlyList<Rule> Rules => PostgresRules.All;

    public async Task<IReadOnlyList<Finding>> RunAsync(Machine machine, CancellationToken cancel)
    {
        var search = new ClusterSearch(machine);
        var clusters = seen = await client.ClustersAsync(machine);
        if (clusters.Count == 0)
            return machine.IsLive && !search.SeesProcesses()
                ? throw new IOException("other users' processes do not show in /proc (hidepid), so a server may run unseen")
                : [.. Rules.Select(rule => Finding.NotApplicable(rule, rule.Area, "there is no PostgreSQL cluster on this host"))];
        var own = new AddressSet();
        foreach (var address in OwnAddresses.Of(machine)) own.Add(AddressSet.Of(address, address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128));
        var judged = await Task.WhenAll(clusters.Select(cluster => JudgeAsync(machine, cluster, own, search.SeesProcesses(), cancel)));
        // Two containers may have the same path: of their verdicts the worst is told.
        return [.. judged.SelectMany(findings => findings)];
    }

    /// <summary>Servers of the last run that ended or were started anew.</summary>
    public ValueTask<long?> DigestAsync(Machine machine, CancellationToken cancel)
    {
        if (seen.Count == 0) return ValueTask.FromResult<long?>(null);
        var digest = new HashCode();
        foreach (var cluster in seen)
        {
            digest.Add(machine.Stamp($"{cluster.Data}/postmaster.pid") != 0);
            if (cluster.Server is { } server) digest.Add(machine.ReadText($"/proc/{server.Pid}/comm"));
        }
        return ValueTask.FromResult<long?>(digest.ToHashCode());
    }

    async Task<IReadOnlyList<Finding>> JudgeAsync(Machine machine, Cluster cluster, AddressSet own, bool seesProcesses, CancellationToken cancel)
    {
        var problem = cluster.Problem ?? (cluster.Server is null && machine.IsLive && !seesProcesses ? "whether it runs is not known: other users' processes do not show in /proc (hidepid)" : null);
        if (problem is not null) return [.. Rules.Select(rule => Finding.Unknown(rule, cluster.Subject, problem))];
        var (answer, mute) = await AskAsync(machine, cluster, cancel);
        var facts = new ClusterFacts(machine, cluster)
        {
            Answer = answer, Mute = mute, Own = own, KeptHba = hbaFiles.GetOrAdd(cluster.Data, _ => new Kept<HbaFile>()),
            Listeners = () => PortSurvey.Look(machine, orphans, cancel),
            TimeAsync = () => clock.AskAsync(machine, cancel),
            AskForTls = server => offers.AskAsync(machine, cluster, server, answer?.LoadedAt, cancel),
        };
        var (tls, hba, live, setting) = (new TlsVerdicts(facts), new HbaVerdicts(facts), new LiveVerdicts(facts, settings.Reach), new SettingVerdicts(facts));
        return
        [
            await TryAsync(PostgresRules.TlsOn, cluster, tls.OnAsync),
            await TryAsync(PostgresRules.TlsVersion, cluster, tls.VersionAsync),
            await TryAsync(PostgresRules.CertificateValid, cluster, tls.CertificateAsync),
            await TryAsync(PostgresRules.ConfigApplied, cluster, () => setting.AppliedAsync(tls)),
            Try(PostgresRules.HbaEncrypted, cluster, hba.Encrypted),
            Try(PostgresRules.HbaStrong, cluster, hba.IsStrong),
            Try(PostgresRules.SuperusersLocal, cluster, hba.SuperusersLocal),
            Try(PostgresRules.ReachLimited, cluster, live.ReachLimited),
            Try(PostgresRules.SessionsEncrypted, cluster, live.SessionsEncrypted),
            Try(PostgresRules.ReplicationEncrypted, cluster, live.ReplicationEncrypted),
            Try(PostgresRules.PasswordsScram, cluster, setting.PasswordsScram),
            Try(PostgresRules.ConnectionsLogged, cluster, setting.ConnectionsLogged),
            Try(PostgresRules.FilesProtected, cluster, new FilesVerdict(facts).Judge),
            Try(PostgresRules.BackupsEncrypted, cluster, () => BackupsVerdict.Judge(facts, settings.Backups)),
            Try(PostgresRules.Supported, cluster, () => SupportVerdict.Judge(facts)),
        ];
    }

    async Task<(ServerAnswer? Answer, string? Mute)> AskAsync(Machine machine, Cluster cluster, CancellationToken cancel)
    {
        if (cluster.Server is null) return (null, null);
        try
        {
            return (await client.AskAsync(machine, cluster, cancel), null);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return (null, e.Message);
        }
    }

    /// <summary>A fact that cannot be had makes one rule unknown, not all.</summary>
    static async Task<Finding> TryAsync(Rule rule, Cluster cluster, Func<Task<Finding>> judge)
    {
        try
        {
            return await judge();
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return Finding.Unknown(rule, cluster.Subject, e.Message);
        }
    }

    static Finding Try(Rule rule, Cluster cluster, Func<Finding> judge) => TryAsync(rule, cluster, () => Task.FromResult(judge())).Result;
}

/// <summary>What listeners answered when asked for TLS: asked again when the server, its load or its certificate changed, and daily.</summary>
sealed class TlsMemory
{
    static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    readonly Dictionary<(string Data, IPEndPoint Server), (string Stamp, DateTimeOffset At, PostgresOffer Offer)> offers = [];

    public async Task<PostgresOffer> AskAsync(Machine machine, Cluster cluster, IPEndPoint server, DateTimeOffset? loaded, CancellationToken cancel)
    {
        if (!machine.IsLive) throw new IOException("what its listeners answer, only the live host tells");
        var pid = cluster.Server!.Pid;
        if (NetworkNamespaces.LinkOf(machine, $"{pid}") != NetworkNamespaces.LinkOf(machine, "self")) throw new IOException("it listens in another network namespace, where it is not asked");
        var stamp = $"{pid} {cluster.Server.Lock?.Started} {loaded?.UtcTicks} {machine.Stamp(cluster.Config)}";
        lock (offers)
            if (offers.TryGetValue((cluster.Data, server), out var known) && known.Stamp == stamp && machine.Now - known.At is var age && age >= TimeSpan.Zero && age < Lifetime)
                return known.Offer;
        var offer = await PostgresHandshake.AskAsync(server, cancel);
        lock (offers) offers[(cluster.Data, server)] = (stamp, machine.Now, offer);
        return offer;
    }
}
