using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>
/// Whether backups are encrypted: from pgBackRest's configuration, else from what the site attests. What any other program does
/// with what it is given cannot be seen from here.
/// </summary>
static class BackupsVerdict
{
    /// <summary>As long as an attestation of a volume.</summary>
    const int AttestationDays = 400;

    public static Finding Judge(ClusterFacts facts, IReadOnlyList<BackupSettings> attested)
    {
        var (rule, subject, today) = (PostgresRules.BackupsEncrypted, facts.Cluster.Subject, DateOnly.FromDateTime(facts.Machine.Now.UtcDateTime));
        var repositories = PgBackRest.Repositories(facts.Machine, facts.Cluster.Data);
        if (repositories.FirstOrDefault(repository => repository.Cipher is null or "none" && !repository.IsElsewhere) is { } open)
            return Finding.Fail(rule, subject, $"pgBackRest writes {open.Name} without a cipher", new Evidence { { "repository", open.Name }, { "kind", open.Kind } });
        var isWhole = repositories.Count > 0 && repositories.All(repository => repository.Cipher is not (null or "none"));
        var archivers = facts.Runs ? facts.Answer is null ? [facts.Mute] : facts.IsOnOrAlways("archive_mode") ? facts.Answer.Archivers : [] : new List<string?>();
        var others = archivers.Where(archiver => Path.GetFileName(archiver) != "pgbackrest").ToList();
        if (isWhole && others.Count == 0) return Finding.Pass(rule, subject, "pgBackRest encrypts every repository", new Evidence { { "repositories", repositories.Select(repository => $"{repository.Name}: {repository.Cipher}") } });
        if (attested.LastOrDefault(backup => Wildcard.Matches(backup.Cluster, subject)) is { } attestation)
        {
            var evidence = new Evidence { { "attested_by", attestation.AttestedBy }, { "at", $"{attestation.At:yyyy-MM-dd}" } };
            return !attestation.Encrypted ? Finding.Fail(rule, subject, $"attested not to be encrypted by {attestation.AttestedBy}", evidence)
                : attestation.At.AddDays(AttestationDays) < today || attestation.At > today ? Finding.Unknown(rule, subject, $"the attestation by {attestation.AttestedBy} of {attestation.At:yyyy-MM-dd} does not hold today", evidence)
                : Finding.Pass(rule, subject, $"attested to be encrypted by {attestation.AttestedBy}", evidence);
        }
        return Finding.Unknown(rule, subject, others.Count > 0 && facts.Answer is not null ? $"the archive is written by {others[0] ?? "a command"}, and whether that encrypts cannot be seen here: attest it in postgresql.backups"
            : repositories.Count > 0 ? "pgBackRest's repository is on another host, which alone says whether it is encrypted: attest it in postgresql.backups"
            : "how the cluster is backed up cannot be seen on this host: attest it in postgresql.backups");
    }
}

/// <summary>A repository of pgBackRest.</summary>
/// <param name="Cipher">Null where the configuration names none.</param>
/// <param name="IsElsewhere">Another host has it, and its own configuration.</param>
sealed record PgBackRestRepository(string Name, string Kind, string? Cipher, bool IsElsewhere);

/// <summary>pgbackrest.conf (an INI file) and its conf.d. Pass phrases in it are read over.</summary>
static class PgBackRest
{
    static readonly string[] Files = ["/etc/pgbackrest/pgbackrest.conf", "/etc/pgbackrest.conf"];

    /// <summary>The repositories of the cluster with this data directory; empty where pgBackRest does not back it up.</summary>
    public static IReadOnlyList<PgBackRestRepository> Repositories(Machine machine, string data)
    {
        var sections = new Dictionary<string, Dictionary<string, string>>();
        var main = Files.FirstOrDefault(file => machine.Status(file) is not null);
        foreach (var file in machine.Glob("/etc/pgbackrest/conf.d/*.conf").Prepend(main).OfType<string>()) Parse(machine.ReadText(file) ?? "", sections);
        var stanza = sections.FirstOrDefault(section => section.Value.Any(setting => setting.Key.StartsWith("pg", StringComparison.Ordinal) && setting.Key.EndsWith("-path", StringComparison.Ordinal) && setting.Value.TrimEnd('/') == data));
        if (stanza.Value is null) return [];
        var settings = new Dictionary<string, string>(sections.GetValueOrDefault("global") ?? []);
        foreach (var (key, value) in stanza.Value) settings[key] = value;
        var names = settings.Keys.Where(key => key.StartsWith("repo", StringComparison.Ordinal) && key.Contains('-', StringComparison.Ordinal)).Select(key => key[..key.IndexOf('-', StringComparison.Ordinal)])
            .Where(name => name.Length > 4 && name.AsSpan(4).IndexOfAnyExceptInRange('0', '9') < 0).Distinct().Order(StringComparer.Ordinal).DefaultIfEmpty("repo1");
        return [.. names.Select(name => new PgBackRestRepository(
            name, settings.GetValueOrDefault(name + "-type", "posix"), settings.GetValueOrDefault(name + "-cipher-type"), settings.ContainsKey(name + "-host")))];
    }

    static void Parse(string text, Dictionary<string, Dictionary<string, string>> sections)
    {
        Dictionary<string, string>? section = null;
        foreach (var raw in text.Split('\n'))
        {
            var line = raw.Trim();
            if (line is ['[', .., ']'])
            {
                if (!sections.TryGetValue(line[1..^1], out section)) sections[line[1..^1]] = section = [];
            }
            else if (section is not null && line is not ['#', ..] && line.Split('=', 2) is [var key, var value] && !key.Contains("pass", StringComparison.Ordinal))
                section[key.Trim()] = value.Trim();
        }
    }
}
