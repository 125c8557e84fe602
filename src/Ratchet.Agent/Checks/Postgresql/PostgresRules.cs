namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>The rules about PostgreSQL clusters; each is judged for every cluster.</summary>
static class PostgresRules
{
    static readonly Controls Transmission = new(["164.312(e)(2)(ii)", "164.312(e)(1)", "164.312(e)(2)(i)"], ["09.m", "10.f"]);
    static readonly Controls Authentication = new(["164.312(d)", "164.312(a)(2)(i)", "164.312(a)(1)"], ["01.q", "01.v", "01.c", "01.d"]);

    public static readonly Rule TlsOn = new(
        "postgresql.tls-on", "Every network listener of the database offers TLS", Severity.Critical,
        "Without TLS every query and every row travels readable, and whoever sits on the way can change both.",
        "Set ssl = on with a certificate of the internal authority and reload; the log says why where the server refuses it.",
        Transmission);

    public static readonly Rule TlsVersion = new(
        "postgresql.tls-version", "The database speaks TLS 1.2 or later only", Severity.High,
        "TLS 1.0 and 1.1 are broken, and an attacker on the way can ask for them.",
        "Set ssl_min_protocol_version = 'TLSv1.2' (or later) and reload.",
        Transmission);

    public static readonly Rule CertificateValid = new(
        "postgresql.certificate-valid", "The database's certificate is in date for two weeks more, strong, and not the package's own", Severity.High,
        "Clients refuse an expired certificate, or stop to check it; nobody can check the one that the package makes by itself.",
        "Renew the certificate with the internal authority, put it where ssl_cert_file says, and reload.",
        Transmission);

    public static readonly Rule HbaEncrypted = new(
        "postgresql.hba-encrypted", "No line of pg_hba.conf lets a session in from another host unencrypted", Severity.Critical,
        "A line of type host takes plain sessions as well: one client without sslmode=require sends patients' data in the clear, and nobody notices.",
        "Write hostssl in place of host, or put 'hostnossl all all all reject' before the lines for other hosts (and 'hostnossl replication all all reject'), and reload.",
        Transmission);

    public static readonly Rule HbaStrong = new(
        "postgresql.hba-strong", "Every line of pg_hba.conf that lets anybody in asks for a proof worth having", Severity.Critical,
        "trust lets anybody in under any name; password and ident send or believe what anybody on the way can read or forge.",
        "Use scram-sha-256, cert or gss for network lines and peer for local ones, and reload.",
        Authentication);

    public static readonly Rule ReachLimited = new(
        "postgresql.reach-limited", "The database listens no wider than the site allows", Severity.High,
        "A database that listens on every address is one forgotten firewall rule away from the internet.",
        "Name the private address in listen_addresses and restart, or widen postgresql.reach in the agent's configuration.",
        new Controls(["164.312(a)(1)", "164.312(e)(1)", "164.308(a)(1)(ii)(B)"], ["01.m", "09.m", "01.n", "01.w"]));

    public static readonly Rule SessionsEncrypted = new(
        "postgresql.sessions-encrypted", "No session from another host is unencrypted right now", Severity.Critical,
        "This is the wire as it is: what such a session reads and writes can be read by whoever sits on the way.",
        "Set sslmode=verify-full in the client, then close the way for plain sessions (postgresql.hba-encrypted).",
        Transmission);

    public static readonly Rule PasswordsScram = new(
        "postgresql.passwords-scram", "Passwords are stored as SCRAM-SHA-256 alone", Severity.High,
        "An MD5 hash is the password: who reads it from a backup logs in with it, and the hash of a short password is undone in hours.",
        "Set password_encryption = 'scram-sha-256', then let the named roles set their passwords anew.",
        Authentication);

    public static readonly Rule ConnectionsLogged = new(
        "postgresql.connections-logged", "Every connection to the database and its end is logged", Severity.Medium,
        "Without it nobody can tell afterwards who was in the database, from where, and how long.",
        "Set log_connections = on and log_disconnections = on, leave log_min_messages below fatal and log_destination not empty, and reload; remove what overrides them for a role or database.",
        new Controls(["164.312(b)", "164.308(a)(1)(ii)(D)", "164.308(a)(5)(ii)(C)"], ["09.aa", "09.ab"]));

    public static readonly Rule ConfigApplied = new(
        "postgresql.config-applied", "The running server does what its files say", Severity.High,
        "One wrong parameter stops a whole reload in silence, and a setting that waits for a restart protects nobody; a look at the files shows what is not in force.",
        "Correct what the server names in its log (or in pg_file_settings and pg_hba_file_rules), reload, and restart where a setting or a new binary waits for it.",
        new Controls(["164.308(a)(8)", "164.312(a)(1)", "164.312(c)(1)"], ["09.b", "10.k", "10.h", "06.h"]));

    public static readonly Rule FilesProtected = new(
        "postgresql.files-protected", "Data, configuration and key of the cluster are its owner's alone", Severity.High,
        "Who can read the data directory needs no password; who can write pg_hba.conf needs none either.",
        "chown the named path to the cluster's account and chmod it: 0700 (or 0750) for directories of data, 0640 for configuration, 0600 for the key.",
        new Controls(["164.312(a)(1)", "164.312(a)(2)(iv)"], ["01.v", "10.g", "06.d"]));

    public static readonly Rule SuperusersLocal = new(
        "postgresql.superusers-local", "Superusers log in on the host itself only", Severity.High,
        "A superuser reads every row and, by COPY PROGRAM, is a shell on the host; his password must not be worth stealing from afar.",
        "Put 'host all +NAME all reject' for the superusers before the lines that let them in, or take the attribute away (ALTER ROLE … NOSUPERUSER).",
        new Controls(["164.312(a)(1)", "164.312(d)", "164.308(a)(4)(ii)(B)"], ["01.c", "01.v", "01.q"]));

    public static readonly Rule ReplicationEncrypted = new(
        "postgresql.replication-encrypted", "Replication travels encrypted, and demands it", Severity.Critical,
        "The replication stream is the whole database; sslmode=prefer, the default, goes without TLS where somebody on the way says so.",
        "Set sslmode=verify-full in primary_conninfo (or the subscription's connection), and hostssl for replication in the sender's pg_hba.conf.",
        Transmission);

    public static readonly Rule BackupsEncrypted = new(
        "postgresql.backups-encrypted", "Backups of the cluster are encrypted by what writes them", Severity.High,
        "Backups leave the host and outlive it: an unencrypted copy is the database in whoever's hands the medium ends.",
        "Set repoN-cipher-type=aes-256-cbc in pgbackrest.conf and make a new full backup; for other ways attest the encryption in postgresql.backups of the agent's configuration.",
        new Controls(["164.312(a)(2)(iv)", "164.310(d)(1)"], ["06.d", "10.f"]));

    public static readonly Rule Supported = new(
        "postgresql.supported", "The cluster's PostgreSQL still gets security updates", Severity.High,
        "A release without updates keeps every hole that is found from then on.",
        "Upgrade the cluster to a supported major version (pg_upgradecluster, pg_upgrade).",
        new Controls(["164.308(a)(1)(ii)(B)", "164.308(a)(5)(ii)(B)", "164.308(a)(8)"], ["10.m", "06.h", "10.h"]));

    public static IReadOnlyList<Rule> All { get; } =
    [
        TlsOn, TlsVersion, CertificateValid, HbaEncrypted, HbaStrong, ReachLimited, SessionsEncrypted, PasswordsScram, ConnectionsLogged,
        ConfigApplied, FilesProtected, SuperusersLocal, ReplicationEncrypted, BackupsEncrypted, Supported,
    ];
}
