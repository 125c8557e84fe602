using System.Text.Json.Serialization;

namespace Ratchet.Agent.Configuration;

/// <summary>
/// What differs between sites, and nothing else: rules live in code. The properties are the keys of agent.json in camel case.
/// They have setters because the serializer's generated code would lose the defaults of init-only ones.
/// </summary>
sealed record Settings
{
    /// <summary><c>host.name</c> in every record. Salt writes the minion id; null means the host's own name.</summary>
    public string? Host { get; set; }

    /// <summary>What the host is for: chooses the built-in port policies.</summary>
    public IReadOnlyList<string> Roles { get; set; } = [];

    /// <summary>Time between two sweeps.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Time between two shipments of all findings, changed or not. Kibana's latest view forgets after 26 h.</summary>
    public TimeSpan Snapshot { get; set; } = TimeSpan.FromHours(12);

    /// <summary>The directory of keys, chain, spool and verdicts.</summary>
    public string State { get; set; } = "/var/lib/ratchet-agent";

    /// <summary>Where records go; null: nowhere, they stay in the spool.</summary>
    public LogstashSettings? Logstash { get; set; }

    public PortSettings Ports { get; set; } = new();

    public DiskSettings Disk { get; set; } = new();

    public SshSettings Ssh { get; set; } = new();

    public OssecSettings Ossec { get; set; } = new();

    public TomcatSettings Tomcat { get; set; } = new();

    public PostgresqlSettings Postgresql { get; set; } = new();

    public AccessSettings Access { get; set; } = new();

    public TlsSettings Tls { get; set; } = new();
    public UbuntuSettings Ubuntu { get; set; } = new();

    public SaltSettings Salt { get; set; } = new();

    public AwsSettings Aws { get; set; } = new();

    public IReadOnlyList<WaiverSettings> Waivers { get; set; } = [];

    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public AlertSettings Alerts { get; set; } = new();

    /// <summary>Windows in which alerts are held back, known before.</summary>
    public IReadOnlyList<MaintenanceSettings> Maintenance { get; set; } = [];
}

/// <param name="Urls">https addresses, tried in turn.</param>
/// <param name="CertificateAuthority">PEM file of the authorities that may vouch for the server.</param>
/// <param name="Certificate">PEM file of the client certificate, with its chain.</param>
/// <param name="Key">PEM file of the client certificate's private key.</param>
sealed record LogstashSettings(IReadOnlyList<string> Urls, string CertificateAuthority, string Certificate, string Key);

/// <summary>The port policy of the site, added to the policies of its roles.</summary>
sealed record PortSettings
{
    public IReadOnlyList<PortEntry> Allow { get; set; } = [];

    public IReadOnlyList<PortException> Exceptions { get; set; } = [];
}

/// <summary>How far a listener may be reached, by the addresses that it is bound to.</summary>
enum Reach
{
    /// <summary>127.0.0.0/8 and ::1.</summary>
    Loopback,

    /// <summary>Loopback, RFC 1918, RFC 4193 and link-local addresses.</summary>
    Private,

    /// <summary>Any address, the wildcard included.</summary>
    Any,
}

/// <summary>A listener that is allowed, or with <see cref="Required"/> expected.</summary>
record PortEntry
{
    /// <summary><c>tcp</c>, <c>udp</c>, <c>sctp</c> or <c>raw</c>.</summary>
    public string Protocol { get; set; } = "tcp";

    /// <summary>A number, or a range <c>8000-8010</c>. For raw sockets the IP protocol number.</summary>
    public required PortRange Port { get; set; }

    /// <summary>The systemd unit that must hold the socket; <c>*</c> and <c>?</c> match; null: any.</summary>
    public string? Unit { get; set; }

    /// <summary>The executable that must hold the socket; <c>*</c> and <c>?</c> match; null: any.</summary>
    public string? Program { get; set; }

    /// <summary>The account that the process must run as; null: any.</summary>
    public string? User { get; set; }

    public Reach Reach { get; set; } = Reach.Any;

    /// <summary>Whether its absence is a failure.</summary>
    public bool Required { get; set; }

    /// <summary>What a TCP listener speaks; null: what can be reached from other hosts is asked.</summary>
    public Wire? Wire { get; set; }

    /// <summary>The names by which clients know it: each is asked for (SNI), and must stand in the certificate that it shows.</summary>
    public IReadOnlyList<string> Names { get; set; } = [];
}

/// <summary>A listener that is tolerated for a time.</summary>
sealed record PortException : PortEntry
{
    public required string Owner { get; set; }

    public required string Reason { get; set; }

    /// <summary>The last day, UTC.</summary>
    public required DateOnly Expires { get; set; }
}

/// <summary>Whose encryption counts: that of the guest, or that of the volumes that it is given.</summary>
enum DiskLayer
{
    /// <summary>Only what the guest itself encrypts (LUKS, dm-crypt, ZFS, fscrypt).</summary>
    Guest,

    /// <summary>Only volumes that are attested to be encrypted below the guest (EBS).</summary>
    Volume,

    /// <summary>One of the two on every path.</summary>
    Either,
}

sealed record DiskSettings
{
    /// <summary>Directories that must be encrypted, beside those of the host's roles.</summary>
    public IReadOnlyList<string> Data { get; set; } = [];

    public DiskLayer Layer { get; set; } = DiskLayer.Guest;

    /// <summary>What somebody who can see it says of the encryption below the guest.</summary>
    public IReadOnlyList<VolumeSettings> Volumes { get; set; } = [];
}

/// <summary>A volume's encryption, attested from outside the guest. It holds for 400 days.</summary>
sealed record VolumeSettings
{
    /// <summary>The id of an EBS volume (<c>vol-0abc…</c>), or another disk's serial number.</summary>
    public required string Id { get; set; }

    public required bool Encrypted { get; set; }

    /// <summary>Who looked, or what: <c>aws ec2 describe-volumes by ops@example.org</c>.</summary>
    public required string AttestedBy { get; set; }

    /// <summary>The day of the look, UTC.</summary>
    public required DateOnly At { get; set; }
}

sealed record SshSettings
{
    /// <summary>Connections that the sshd rules are judged for, beside those that the Match blocks tell apart.</summary>
    public IReadOnlyList<SshContextSettings> Contexts { get; set; } = [];
}

/// <summary>One connection: who logs in, and from where.</summary>
sealed record SshContextSettings
{
    public required string User { get; set; }

    public required string Address { get; set; }

    /// <summary>The client's host name; null: its address.</summary>
    public string? Host { get; set; }
}

sealed record OssecSettings
{
    /// <summary>
    /// How long an agent may wait for its manager before that is an outage: an idle agent takes its lock for about a second
    /// every half hour.
    /// </summary>
    public TimeSpan LockGrace { get; set; } = TimeSpan.FromSeconds(30);
}

sealed record TomcatSettings
{
    /// <summary>CATALINA_BASE directories beside those that run, that units name, and that lie where packages and tarballs put them.</summary>
    public IReadOnlyList<string> Bases { get; set; } = [];
}

/// <summary>A failure that somebody answers for, until a day.</summary>
/// <param name="Rule">A rule's id.</param>
/// <param name="Subject">The subject; <c>*</c> and <c>?</c> match.</param>
/// <param name="Expires">The last day, UTC.</param>
sealed record WaiverSettings(string Rule, string Subject, string Owner, string Reason, DateOnly Expires);
