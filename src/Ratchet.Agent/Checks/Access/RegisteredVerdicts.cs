namespace Ratchet.Agent.Checks.Access;

/// <summary>Whether every way into the host and its databases is somebody's, by the register.</summary>
sealed class RegisteredVerdicts(AccessView view, string ownRole)
{
    static readonly Rule Rule = AccessRules.RegisteredOnly;

    public IEnumerable<Finding> Judge()
    {
        if (!view.Register.IsConfigured) return [Finding.Unknown(Rule, "access", Register.Missing)];
        List<Finding> findings =
        [
            .. view.Accounts.All.Where(account => account.WaysIn(view.Now).Count > 0 || account.Obstacles.Count > 0).Select(account => view.Time.OnEachDay(day => OfAccount(account, day))),
            .. view.Accounts.Authorities.DistinctBy(key => key.Fingerprint).Select(key => view.Time.OnEachDay(day => OfAuthority(key, day))),
            .. view.Accounts.Unseen.Select(unseen => Finding.Unknown(Rule, unseen.Subject, unseen.Reason)),
            .. view.Clusters.SelectMany(OfCluster),
        ];
        return findings.Count > 0 ? findings : [Finding.Pass(Rule, "accounts", "no account of this host can be entered")];
    }

    Finding OfAccount(HostAccount account, DateOnly today)
    {
        var grant = view.Register.Account(account.Name);
        var strangers = account.LiveKeys(view.Now).Where(key => !IsRegistered(key, account.Name, grant, today)).ToList();
        var ways = account.WaysIn(view.Now);
        var evidence = new Evidence { { "ways_in", ways }, { "holder", grant?.Holder.Name }, { "unregistered_keys", strangers.Count == 0 ? null : strangers.Select(Describe) }, { "not_read", account.Obstacles.Count == 0 ? null : account.Obstacles } };
        if (ways.Count == 0) return Finding.Unknown(Rule, account.Name, $"whether {account.Name} can be entered is not certain: {account.Obstacles[0]}", evidence);
        var entered = account.Entered(ways);
        if (grant is null) return Finding.Fail(Rule, account.Name, $"{entered}, and nobody registered it", evidence);
        if (grant.Void(today) is { } reason) return Finding.Fail(Rule, account.Name, $"{entered}, and {reason}", evidence);
        if (strangers.Count > 0) return Finding.Fail(Rule, account.Name, $"{account.Name} is {grant.Holder.Name}'s, and {Explain(strangers[0])} opens it{(strangers.Count > 1 ? $" (and {strangers.Count - 1} more)" : "")}", evidence);
        return account.Obstacles.Count > 0
            ? Finding.Unknown(Rule, account.Name, $"the keys of {account.Name} are not certain: {account.Obstacles[0]}", evidence)
            : Finding.Pass(Rule, account.Name, $"{entered}; it is {grant.Holder.Name}'s, per register", evidence);
    }

    bool IsRegistered(FoundKey key, string account, Grant? grant, DateOnly today) =>
        // Another party's authority lets that party in.
        key.IsAuthority ? view.Register.Authority(key.Fingerprint) is { } authority && authority.Void(today) is null && (authority.Holder.Party is null || authority.Holder == grant?.Holder)
        : grant?.Account?.Keys.Contains(key.Fingerprint) ?? view.Register.OwnerOf(key.Fingerprint) == account;

    string Explain(FoundKey key) =>
        key.IsAuthority ? $"an authority that nobody registered for it ({key.Place})"
        : view.Register.OwnerOf(key.Fingerprint) is { } owner ? $"a key of {owner} ({key.Place})"
        : $"a key that nobody registered ({key.Place})";

    Evidence Describe(FoundKey key) => new() { { "place", key.Place }, { "fingerprint", key.Fingerprint }, { "registered_for", key.IsAuthority ? null : view.Register.OwnerOf(key.Fingerprint) } };

    Finding OfAuthority(FoundKey key, DateOnly today)
    {
        var subject = $"authority {key.Fingerprint}";
        var evidence = new Evidence { { "place", key.Place } };
        if (view.Register.Authority(key.Fingerprint) is not { } grant) return Finding.Fail(Rule, subject, $"sshd trusts an authority that nobody registered: whoever holds it enters every account ({key.Place})", evidence);
        return grant.Void(today) is { } reason
            ? Finding.Fail(Rule, subject, $"sshd trusts an authority, and {reason} ({key.Place})", evidence)
            : Finding.Pass(Rule, subject, $"the authority is {grant.Holder.Name}'s, per register", evidence);
    }

    IEnumerable<Finding> OfCluster(ClusterRoles cluster)
    {
        if (cluster.Roles is null) return [cluster.Runs ? Finding.Unknown(Rule, cluster.Cluster, $"its roles are not known: {cluster.Reason}") : Finding.NotApplicable(Rule, cluster.Cluster, "it is stopped: nobody logs in")];
        return cluster.Roles.Where(role => role.Name != ownRole).Select(role => view.Time.OnEachDay(today =>
        {
            var subject = $"{cluster.Cluster} role {role.Name}";
            return view.Register.Role(cluster.Cluster, role.Name) is not { } grant ? Finding.Fail(Rule, subject, $"the role {role.Name} may log in to {cluster.Cluster}, and nobody registered it")
                : grant.Void(today) is { } reason ? Finding.Fail(Rule, subject, $"the role {role.Name} may log in to {cluster.Cluster}, and {reason}")
                : Finding.Pass(Rule, subject, $"the role is {grant.Holder.Name}'s, per register");
        }));
    }
}
