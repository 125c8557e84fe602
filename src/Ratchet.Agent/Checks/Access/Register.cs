using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Checks.Access;

/// <summary>Who was granted something: the company's staff (no party) or a third party.</summary>
/// <param name="InScope">Whether the register lets it be on this host.</param>
sealed record Holder(string Name, GrantsSettings Grants, bool InScope)
{
    public PartySettings? Party => Grants as PartySettings;
}

/// <summary>One thing that was granted: an account, a role of a database, or the trust in an authority.</summary>
/// <param name="Until">The last day; null: no end.</param>
sealed record Grant(Holder Holder, string Name, DateOnly? From, DateOnly? Until)
{
    public AccountGrant? Account { get; init; }

    /// <summary>The clusters where a role is granted; null for what is no role.</summary>
    public string? Cluster { get; init; }

    public bool HasEnded(DateOnly today) => today > Until;

    /// <summary>Why it does not hold here today, or null where it does.</summary>
    public string? Void(DateOnly today) =>
        !Holder.InScope ? $"{Holder.Name} is registered, but not for this host"
        : today < From ? $"the access that is registered for {Holder.Name} begins on {From:yyyy-MM-dd}"
        : HasEnded(today) ? $"the access that is registered for {Holder.Name} ended on {Until:yyyy-MM-dd}"
        : null;

    /// <summary>Where sessions may come from; empty: anywhere.</summary>
    public IReadOnlyList<string> Sources => Account is { Sources.Count: > 0 } own ? own.Sources : Holder.Grants.Sources;
}

/// <summary>The configured register, as it reads for one host.</summary>
sealed class Register
{
    public const string Missing = "no register of access is configured: name staff (and third parties) in the setting access";

    readonly Dictionary<string, Grant> accounts = [];
    readonly Dictionary<string, Grant> authorities = [];
    readonly Dictionary<string, string> keys = [];
    readonly List<Grant> roles = [];

    /// <param name="host"><c>host.name</c>, which the scope of a party names.</param>
    public Register(AccessSettings settings, string host, IReadOnlyList<string> hostRoles)
    {
        IsConfigured = settings.IsConfigured;
        Holders = [.. settings.Parties.Select(party => new Holder(party.Id, party, Covers(party.Scope, host, hostRoles))), .. settings.Staff is { } staff ? [new Holder("staff", staff, true)] : Array.Empty<Holder>()];
        foreach (var holder in Holders) Add(holder);
    }

    public bool IsConfigured { get; }

    public IReadOnlyList<Holder> Holders { get; }

    public IReadOnlyCollection<Grant> Accounts => accounts.Values;

    public IReadOnlyCollection<Grant> Authorities => authorities.Values;

    public IReadOnlyList<Grant> Roles => roles;

    public Grant? Account(string name) => accounts.GetValueOrDefault(name);

    public Grant? Authority(string fingerprint) => authorities.GetValueOrDefault(fingerprint);

    public Grant? Role(string cluster, string role) => roles.FirstOrDefault(grant => grant.Name == role && Wildcard.Matches(grant.Cluster!, cluster));

    /// <summary>The account that a key is registered for.</summary>
    public string? OwnerOf(string fingerprint) => keys.GetValueOrDefault(fingerprint);

    void Add(Holder holder)
    {
        foreach (var account in holder.Grants.Accounts)
        {
            accounts[account.Name] = new Grant(holder, account.Name, account.From, account.Until) { Account = account };
            foreach (var key in account.Keys) keys[key] = account.Name;
        }
        foreach (var authority in holder.Grants.Authorities)
            authorities.TryAdd(authority, new Grant(holder, authority, holder.Party?.Agreement.Signed, holder.Party?.Agreement.Expires));
        foreach (var role in holder.Grants.DatabaseRoles)
            roles.Add(new Grant(holder, role.Role, role.From, role.Until) { Cluster = role.Cluster });
    }

    static bool Covers(ScopeSettings? scope, string host, IReadOnlyList<string> hostRoles) =>
        scope is null || ((scope.Hosts.Count == 0 || scope.Hosts.Any(pattern => Wildcard.Matches(pattern, host))) && (scope.Roles.Count == 0 || scope.Roles.Any(hostRoles.Contains)));
}
