namespace Ratchet.Agent.Configuration;

/// <summary>The register of who may enter the host. Its dates and approvals are what people wrote; findings say so.</summary>
sealed record AccessSettings
{
    /// <summary>The company's own people and services; null: no register is configured.</summary>
    public StaffSettings? Staff { get; set; }

    /// <summary>Everybody else who may enter: customers, partners, subcontractors, developers.</summary>
    public IReadOnlyList<PartySettings> Parties { get; set; } = [];

    /// <summary>How long an account may stay without a login.</summary>
    public TimeSpan Inactive { get; set; } = TimeSpan.FromDays(90);

    // Not public: it would be a key of agent.json.
    internal bool IsConfigured => Staff is not null || Parties.Count > 0;
}

/// <summary>What one holder was granted. The same shape for staff and parties.</summary>
abstract record GrantsSettings
{
    public IReadOnlyList<AccountGrant> Accounts { get; set; } = [];

    /// <summary>Fingerprints of the SSH authorities whose certificates may open accounts: <c>SHA256:…</c>.</summary>
    public IReadOnlyList<string> Authorities { get; set; } = [];

    public IReadOnlyList<DatabaseRoleGrant> DatabaseRoles { get; set; } = [];

    /// <summary>Addresses and CIDR ranges that sessions may come from; empty: any.</summary>
    public IReadOnlyList<string> Sources { get; set; } = [];

    public ReviewSettings? Review { get; set; }
}

sealed record StaffSettings : GrantsSettings;

sealed record PartySettings : GrantsSettings
{
    /// <summary>A short name: <c>acme</c>.</summary>
    public required string Id { get; set; }

    /// <summary>Who of the company answers for it.</summary>
    public required string Owner { get; set; }

    /// <summary>What it is let in for.</summary>
    public required string Reason { get; set; }

    public required AgreementSettings Agreement { get; set; }

    /// <summary>The hosts that it may be on; null: each host that has it in its register.</summary>
    public ScopeSettings? Scope { get; set; }
}

/// <summary>The contract, a business associate agreement as a rule.</summary>
sealed record AgreementSettings
{
    /// <summary>Where it is kept.</summary>
    public required string Ref { get; set; }

    public required DateOnly Signed { get; set; }

    /// <summary>The last day.</summary>
    public required DateOnly Expires { get; set; }
}

sealed record ReviewSettings
{
    /// <summary>The day of the last review of what is granted.</summary>
    public required DateOnly Last { get; set; }

    public required string By { get; set; }
}

sealed record ScopeSettings
{
    /// <summary>Names of hosts; <c>*</c> and <c>?</c> match.</summary>
    public IReadOnlyList<string> Hosts { get; set; } = [];

    /// <summary>Roles of hosts, as in <c>roles</c>.</summary>
    public IReadOnlyList<string> Roles { get; set; } = [];
}

sealed record AccountGrant
{
    public required string Name { get; set; }

    /// <summary>The first day; null: since ever.</summary>
    public DateOnly? From { get; set; }

    /// <summary>The last day, which a party's account must have; null: no end.</summary>
    public DateOnly? Until { get; set; }

    /// <summary>Fingerprints of the keys that may open it: <c>SHA256:…</c>.</summary>
    public IReadOnlyList<string> Keys { get; set; } = [];

    /// <summary>Commands that it may run as others, as sudoers(5) writes them, <c>(NAME)</c> before one that runs as another than root; <c>ALL</c>: it may become root.</summary>
    public IReadOnlyList<string> Sudo { get; set; } = [];

    /// <summary>Narrower than the holder's; empty: the holder's.</summary>
    public IReadOnlyList<string> Sources { get; set; } = [];
}

sealed record DatabaseRoleGrant
{
    public required string Role { get; set; }

    /// <summary>A cluster as findings name it: <c>16/main</c>; <c>*</c> and <c>?</c> match.</summary>
    public string Cluster { get; set; } = "*";

    public DateOnly? From { get; set; }

    /// <summary>The last day, which a party's role must have; null: no end.</summary>
    public DateOnly? Until { get; set; }
}
