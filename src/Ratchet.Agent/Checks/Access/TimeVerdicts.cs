using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Access;

/// <summary>Whether what third parties were granted ends by itself, on the registered day at the latest.</summary>
sealed class TimeVerdicts(AccessView view)
{
    static readonly Rule Rule = AccessRules.TimeLimited;

    readonly TimeZoneInfo zone = HostZone.Of(view.Machine);

    public IEnumerable<Finding> Judge()
    {
        if (!view.Register.IsConfigured) return [Finding.NotApplicable(Rule, "access", Register.Missing)];
        List<Finding> findings =
        [
            .. view.Register.Accounts.Where(IsOpenParty).Select(grant => view.Accounts.Find(grant.Name) is { } account ? OfAccount(grant, account) : null).OfType<Finding>(),
            .. view.Register.Authorities.Where(IsOpenParty).Where(grant => view.Accounts.Authorities.Any(key => key.Fingerprint == grant.Name))
                .Select(grant => Finding.Unknown(Rule, $"authority {grant.Name}", $"how long the certificates last that {grant.Holder.Name} issues does not show on this host")),
            .. view.Register.Roles.Where(IsOpenParty).SelectMany(OfRole),
        ];
        return findings.Count > 0 ? findings : [Finding.NotApplicable(Rule, "access", "no account, authority or role of a third party is on this host")];
    }

    /// <summary>What has ended already is the matter of another rule.</summary>
    bool IsOpenParty(Grant grant) => grant.Holder.Party is not null && !grant.HasEnded(view.Today);

    Finding OfAccount(Grant grant, HostAccount account)
    {
        var until = grant.Until!.Value;
        var evidence = new Evidence { { "until", $"{until:yyyy-MM-dd}" }, { "account_expires", account.Shadow?.Expires is { } day ? $"{day:yyyy-MM-dd}" : null }, { "keys", account.Keys.Select(Describe) } };
        // The account is closed from the day that shadow names on.
        if (account.Shadow is { Expires: null }) return Finding.Fail(Rule, grant.Name, $"the account never expires; its access ends on {until:yyyy-MM-dd}", evidence);
        if (account.Shadow?.Expires > until.AddDays(1)) return Finding.Fail(Rule, grant.Name, $"the account is open until {account.Shadow.Expires.Value.AddDays(-1):yyyy-MM-dd}; its access ends on {until:yyyy-MM-dd}", evidence);
        var late = account.Keys.FirstOrDefault(key => key.Expires is null || key.Expires > EndOf(until));
        if (late is not null) return Finding.Fail(Rule, grant.Name, $"the key in {late.Place} {(late.Expires is null ? "never expires" : $"expires on {late.Expires:yyyy-MM-dd}")}; its access ends on {until:yyyy-MM-dd}", evidence);
        var obstacle = account.Shadow is null ? "it has no line in /etc/shadow, so when it expires is not known" : account.Obstacles.Concat(view.Accounts.Unseen.Select(unseen => unseen.Reason)).FirstOrDefault();
        return obstacle is not null ? Finding.Unknown(Rule, grant.Name, obstacle, evidence) : Finding.Pass(Rule, grant.Name, $"the account and its keys end with the access of {grant.Holder.Name} on {until:yyyy-MM-dd}", evidence);
    }

    static Evidence Describe(FoundKey key) => new() { { "place", key.Place }, { "fingerprint", key.Fingerprint }, { "expires", key.Expires } };

    IEnumerable<Finding> OfRole(Grant grant)
    {
        foreach (var cluster in view.Clusters.Where(cluster => Wildcard.Matches(grant.Cluster!, cluster.Cluster)))
        {
            var (subject, until) = ($"{cluster.Cluster} role {grant.Name}", grant.Until!.Value);
            if (cluster.Roles is null) yield return Finding.Unknown(Rule, subject, $"its roles are not known: {cluster.Reason}");
            else if (cluster.Roles.FirstOrDefault(role => role.Name == grant.Name) is { } role)
            {
                var evidence = new Evidence { { "until", $"{until:yyyy-MM-dd}" }, { "valid_until", role.ValidUntil } };
                yield return role.ValidUntil is null ? Finding.Fail(Rule, subject, $"the role is valid for ever; its access ends on {until:yyyy-MM-dd}", evidence)
                    : role.ValidUntil > EndOf(until) ? Finding.Fail(Rule, subject, $"the role is valid until {role.ValidUntil:yyyy-MM-dd}; its access ends on {until:yyyy-MM-dd}", evidence)
                    : Finding.Pass(Rule, subject, $"its password ends with the access of {grant.Holder.Name} on {until:yyyy-MM-dd}; other ways of authentication do not ask for that", evidence);
            }
        }
    }

    /// <summary>The end of a day, in UTC or in the zone of the host: whichever is later.</summary>
    DateTimeOffset EndOf(DateOnly day)
    {
        if (day == DateOnly.MaxValue) return DateTimeOffset.MaxValue;
        var midnight = day.AddDays(1).ToDateTime(TimeOnly.MinValue);
        var (utc, local) = (new DateTimeOffset(midnight, TimeSpan.Zero), new DateTimeOffset(midnight, zone.GetUtcOffset(midnight)));
        return utc > local ? utc : local;
    }
}
