using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>Owner and mode of what a cluster consists of. Keys are looked at, never opened.</summary>
sealed class FilesVerdict(ClusterFacts facts)
{
    // Data directories are listed and looked at, not watched: they change with every transaction.
    readonly Machine quiet = facts.Machine.Unwatched();
    readonly List<string> faults = [];
    readonly List<string> unseen = [];
    int looked;

    public Finding Judge()
    {
        var (rule, cluster) = (PostgresRules.FilesProtected, facts.Cluster);
        var owner = cluster.Server?.Uid ?? quiet.Status(cluster.Data)?.Uid ?? throw new IOException($"{cluster.Data} is missing");
        Look(cluster.Data, status => Directory(status, owner));
        foreach (var part in Try($"{cluster.Data}/pg_wal", path => quiet.ReadLink(path) is null ? [] : new[] { path }) ?? []) Look(part, status => Directory(status, owner));
        foreach (var space in Try($"{cluster.Data}/pg_tblspc", quiet.List) ?? []) Look($"{cluster.Data}/pg_tblspc/{space}", status => Directory(status, owner));
        foreach (var file in Try(cluster.Config, _ => facts.Files.Files) ?? []) Look(file, status => Configuration(status, owner));
        foreach (var name in new[] { "hba_file", "ident_file" })
            if (Try(name, facts.PathOf) is { Length: > 0 } path) Look(path, status => Configuration(status, owner));
        if (Try("ssl_key_file", facts.PathOf) is { Length: > 0 } key) Look(key, status => Key(status, owner));
        if (Try("log_file_mode", _ => facts.IsOn("logging_collector") ? facts.Setting("log_file_mode") : null) is { } mode && mode.TrimStart('0') is { Length: > 0 } digits && digits[^1] != '0' && digits.Length == 3)
            faults.Add($"log files are made readable by everybody (log_file_mode {mode})");
        var evidence = new Evidence { { "looked_at", looked }, { "faults", faults }, { "unseen", unseen } };
        return faults.Count > 0 ? Finding.Fail(rule, cluster.Subject, faults[0] + (faults.Count > 1 ? $", and {faults.Count - 1} more" : ""), evidence)
            : unseen.Count > 0 ? Finding.Unknown(rule, cluster.Subject, unseen[0], evidence)
            : Finding.Pass(rule, cluster.Subject, "data, configuration and key are the owner's alone", evidence);
    }

    /// <summary>0700, or 0750 as initdb --allow-group-access makes it.</summary>
    static string? Directory(FileStatus status, uint owner) =>
        status.Uid != owner ? "belongs to another account" : (status.Mode & 0b000_010_111) != 0 ? "is open to others" : null;

    static string? Configuration(FileStatus status, uint owner) =>
        status.Uid != owner && status.Uid != 0 ? "belongs to another account" : status.WritableByOthers ? "can be written by others" : null;

    /// <summary>What the server itself demands (be-secure-common.c): 0600 of its own, or 0640 of root's.</summary>
    static string? Key(FileStatus status, uint owner) =>
        status.Uid != owner && status.Uid != 0 ? "belongs to another account"
        : (status.Mode & (status.Uid == 0 ? 0b000_011_111 : 0b000_111_111)) != 0 ? "is a key that others can read" : null;

    void Look(string path, Func<FileStatus, string?> judge)
    {
        if (Try(path, seen => quiet.Status(seen)) is not { } status) return;
        looked++;
        if (judge(status) is { } fault) faults.Add($"{path} {fault} ({status.OctalMode}, uid {status.Uid})");
    }

    T? Try<T>(string path, Func<string, T?> look) where T : class
    {
        try
        {
            return look(path);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            if (!unseen.Contains(e.Message)) unseen.Add(e.Message);
            return null;
        }
    }
}
