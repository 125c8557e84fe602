namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>What single settings decide, and whether they are in force.</summary>
sealed class SettingVerdicts(ClusterFacts facts)
{
    string Subject => facts.Cluster.Subject;

    public Finding PasswordsScram()
    {
        var rule = PostgresRules.PasswordsScram;
        var made = facts.Setting("password_encryption");
        // Before version 14 "on" and "true" meant md5.
        if (made != "scram-sha-256") return Finding.Fail(rule, Subject, $"new passwords are stored as {made}", new Evidence { { "password_encryption", made } });
        if (!facts.Runs) return Finding.Unknown(rule, Subject, "it is stopped: how its passwords are stored is not known");
        var weak = facts.Said.Passwords.Where(role => role.Value is not ("scram" or "none")).ToList();
        var evidence = new Evidence { { "password_encryption", made }, { "roles", facts.Said.Passwords.Count }, { "not_scram", weak.Select(role => $"{role.Key}: {role.Value}") } };
        if (weak.Count > 0) return Finding.Fail(rule, Subject, $"{weak.Count} {(weak.Count == 1 ? "role has its" : "roles have their")} password stored otherwise, first of them {weak[0].Key} ({weak[0].Value})", evidence);
        return facts.Said.Overrides.Find(o => o.Name == "password_encryption" && o.Value != made) is { Name: not null } other
            ? Finding.Fail(rule, Subject, $"{other.Where} has new passwords stored as {other.Value}", evidence)
            : Finding.Pass(rule, Subject, "every stored password is SCRAM-SHA-256, and new ones will be", evidence);
    }

    public Finding ConnectionsLogged()
    {
        var rule = PostgresRules.ConnectionsLogged;
        var (begins, ends) = (facts.Setting("log_connections"), facts.Setting("log_disconnections"));
        var (least, destination) = (facts.Setting("log_min_messages"), facts.Setting("log_destination"));
        var evidence = new Evidence { { "log_connections", begins }, { "log_disconnections", ends }, { "log_min_messages", least }, { "log_destination", destination } };
        if (!LogsConnections(begins)) return Finding.Fail(rule, Subject, $"connections are not logged (log_connections = '{begins}')", evidence);
        if (PostgresConfig.Boolean(ends) != true) return Finding.Fail(rule, Subject, $"ends of connections are not logged (log_disconnections = '{ends}')", evidence);
        if (IsQuiet(least)) return Finding.Fail(rule, Subject, $"what is logged of connections is not written (log_min_messages = {least})", evidence);
        if (destination.Trim().Length == 0) return Finding.Fail(rule, Subject, "the log is written nowhere (log_destination = '')", evidence);
        if (facts.Answer?.Overrides.Find(LeavesOut) is { Name: not null } other) return Finding.Fail(rule, Subject, $"{other.Where} is left out: {other.Name} = {other.Value}", evidence);
        if (!IsLevel(least)) return Finding.Unknown(rule, Subject, $"log_min_messages has a value that this agent does not know: {least}", evidence);
        return Finding.Pass(rule, Subject, "every connection and its end is logged", evidence);
    }

    static bool LeavesOut((string Where, string Name, string Value) other) => other.Name switch
    {
        "log_connections" => !LogsConnections(other.Value),
        "log_disconnections" => PostgresConfig.Boolean(other.Value) != true,
        "log_min_messages" => IsQuiet(other.Value),
        _ => false,
    };

    /// <summary>Connections are logged at level LOG, which the server's log has below FATAL alone.</summary>
    static bool IsQuiet(string level) => level.ToLowerInvariant() is "fatal" or "panic";

    static bool IsLevel(string level) =>
        level.ToLowerInvariant() is "debug" or "debug5" or "debug4" or "debug3" or "debug2" or "debug1" or "info" or "notice" or "warning" or "error" or "log";

    /// <summary>A boolean, and from version 18 a list of what is logged: who came in stands in authentication and authorization.</summary>
    static bool LogsConnections(string value) =>
        PostgresConfig.Boolean(value) ?? value.Split(',', StringSplitOptions.TrimEntries).Any(part => part.ToLowerInvariant() is "all" or "authentication" or "authorization");

    public async Task<Finding> AppliedAsync(TlsVerdicts tls)
    {
        var rule = PostgresRules.ConfigApplied;
        if (!facts.Runs) return Finding.NotApplicable(rule, Subject, "it is stopped: its next start takes the files as they stand");
        if (facts.Cluster.Server!.Replaced) return Finding.Fail(rule, Subject, "its binary was replaced or removed since it was started: a restart is due");
        var said = facts.Said;
        var evidence = new Evidence { { "loaded", said.LoadedAt }, { "pending_restart", said.Pending }, { "refused", said.Refused.Select(r => $"{r.Name} {r.Place}".Trim()) } };
        if (said.Hba.Find(line => line.Wrong && line.Type.Length == 0) is { } line)
            return Finding.Fail(rule, Subject, $"line {line.Line} of {line.File ?? "pg_hba.conf"} is wrong, so the server goes on with the lines that it had before, and will not start again", evidence);
        if (said.Refused.Find(setting => !said.Pending.Contains(setting.Name)) is { Place: not null } refused)
            return Finding.Fail(rule, Subject, $"the server refuses {(refused.Name.Length == 0 ? "a line" : refused.Name)}{(refused.Place.Length == 0 ? "" : $" ({refused.Place})")}, and with it every change of its last reload", evidence);
        if (said.Pending.Count > 0) return Finding.Fail(rule, Subject, $"{string.Join(", ", said.Pending)} {(said.Pending.Count == 1 ? "waits" : "wait")} for a restart", evidence);
        var files = facts.Files.Files.Concat(facts.Hba.Files).Append(facts.PathOf("ident_file")).ToList();
        var isTls = facts.IsOn("ssl");
        if (isTls) files.AddRange([facts.PathOf("ssl_cert_file"), facts.PathOf("ssl_key_file")]);
        // Such a setting is taken, shown, and of no effect: the server keeps the certificate that it has.
        if (isTls && files[^2..].Find(path => facts.Machine.Status(path) is null) is { } gone) return Finding.Fail(rule, Subject, $"{gone} is missing, so the server goes on with the TLS settings that it had before, and will not start again", evidence);
        var stamps = files.Select(path => (Path: path, Status: facts.Machine.Status(path))).ToList();
        if (stamps.Find(file => facts.IsModified(file.Status)) is { Path: not null } changed) return Finding.Fail(rule, Subject, $"{changed.Path} was changed after the server last loaded its files", evidence);
        if (stamps.Find(file => facts.IsNewer(file.Status)) is { Path: not null } touched) return Finding.Unknown(rule, Subject, $"{touched.Path} was touched while or after the server loaded its files; whether what it loaded is what stands there is not known (reload once more)", evidence);
        if (isTls && await tls.StaleAsync() is { } stale) return Finding.Fail(rule, Subject, stale, evidence);
        return isTls && tls.Doubt() is { } doubt ? Finding.Unknown(rule, Subject, doubt, evidence) : Finding.Pass(rule, Subject, "the server has loaded its files as they stand", evidence);
    }
}
