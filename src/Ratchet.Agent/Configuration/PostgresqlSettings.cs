namespace Ratchet.Agent.Configuration;

sealed record PostgresqlSettings
{
    /// <summary>The account, and the database role of the same name, that servers are asked as (peer authentication).</summary>
    public string Role { get; set; } = "ratchet-agent";

    /// <summary>How far a server may be reached by the addresses that it listens on.</summary>
    public Reach Reach { get; set; } = Reach.Private;

    /// <summary>What somebody who can see it says of backups that this host cannot judge.</summary>
    public IReadOnlyList<BackupSettings> Backups { get; set; } = [];
}

/// <summary>The encryption of a cluster's backups, attested. It holds for 400 days.</summary>
sealed record BackupSettings
{
    /// <summary>A cluster as findings name it: <c>16/main</c>, or a data directory; <c>*</c> and <c>?</c> match.</summary>
    public required string Cluster { get; set; }

    public required bool Encrypted { get; set; }

    /// <summary>Who looked, or what: <c>barman check by ops@example.org</c>.</summary>
    public required string AttestedBy { get; set; }

    /// <summary>The day of the look, UTC.</summary>
    public required DateOnly At { get; set; }
}
