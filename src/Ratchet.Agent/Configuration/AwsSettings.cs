namespace Ratchet.Agent.Configuration;

/// <summary>What differs between sites on AWS. Elsewhere nothing of it is used.</summary>
sealed record AwsSettings
{
    /// <summary>The instance metadata service: AWS's own address (IPv4, or <c>http://[fd00:ec2::254]</c>), or one on loopback.</summary>
    public string Metadata { get; set; } = "http://169.254.169.254";

    /// <summary>PEM file of certificates for identity documents, each below a line <c># REGION</c>, beside and before those that are built in.</summary>
    public string? Certificates { get; set; }

    /// <summary>What a collector with the rights for it saw from outside the host, as Salt writes it from pillar.</summary>
    public string Attestation { get; set; } = "/etc/ratchet-agent/attest/aws.json";

    /// <summary>How old the attestation may be, whatever it says itself.</summary>
    public TimeSpan AttestationAge { get; set; } = TimeSpan.FromDays(2);

    /// <summary>Ask the EC2 API with the instance's role in place of the attestation.</summary>
    public bool Api { get; set; }

    /// <summary>The EC2 API's address, for an interface endpoint; null: the region's public one.</summary>
    public string? Endpoint { get; set; }

    public AwsGroups Groups { get; set; } = new();

    /// <summary>Who may touch which ports, beside what the groups and the host's roles mean.</summary>
    public IReadOnlyList<AwsOpening> Openings { get; set; } = [];
}

/// <summary>Who is who among the sources of security group rules: ids of groups (<c>sg-…</c>) and prefix lists (<c>pl-…</c>), or ranges.</summary>
sealed record AwsGroups
{
    /// <summary>May touch what applications and web servers listen on.</summary>
    public IReadOnlyList<string> LoadBalancer { get; set; } = [];

    /// <summary>May touch the same, and alone may touch databases, by SQL and SSH.</summary>
    public IReadOnlyList<string> Application { get; set; } = [];

    /// <summary>May log in by SSH where there is no database.</summary>
    public IReadOnlyList<string> Operators { get; set; } = [];
}

/// <summary>Sources that may touch a port.</summary>
/// <param name="Port">A number, or a range <c>8000-8010</c>.</param>
/// <param name="From">Group ids, prefix list ids or ranges.</param>
sealed record AwsOpening(PortRange Port, IReadOnlyList<string> From);
