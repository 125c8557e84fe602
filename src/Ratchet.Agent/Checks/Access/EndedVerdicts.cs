namespace Ratchet.Agent.Checks.Access;

/// <summary>Whether of each grant that has ended nothing works any more.</summary>
sealed class EndedVerdicts(AccessView view)
{
    static readonly Rule Rule = AccessRules.NotExpired;

    public IEnumerable<Finding> Judge()
    {
        if (!view.Register.IsConfigured) return [Finding.NotApplicable(Rule, "access", Register.Missing)];
        List<Finding> findings =
        [
            .. view.Register.Accounts.SelectMany(grant => WhereEnded(grant, OfAccount)),
            .. view.Register.Authorities.SelectMany(grant => WhereEnded(grant, OfAuthority)),
            .. view.Register.Roles.SelectMany(grant => WhereEnded(grant, OfRole)),
        ];
        return findings.Count > 0 ? findings : [Finding.NotApplicable(Rule, "access", "no access that is registered has ended")];
    }

    /// <summary>What may have ended is looked at too: that something is left of it is unknown, until the clock is right, and that nothing is, is not.</summary>
    IEnumerable<Finding> WhereEnded(Grant grant, Func<Grant, Finding> judge)
    {
        if (!grant.HasEnded(view.Time.LastDay)) return [];
        var finding = judge(grant);
        if (grant.HasEnded(view.Time.FirstDay)) return [finding];
        return finding.Outcome == Outcome.Pass
            ? grant.HasEnded(view.Today) ? [finding] : []
            : [Finding.Unknown(Rule, finding.Subject, $"whether its access has ended on {grant.Until:yyyy-MM-dd} is not certain: {view.Time.Doubt}", finding.Evidence)];
    }

    Finding OfAccount(Grant grant)
    {
        var account = view.Accounts.Find(grant.Name);
        var (left, obstacles) = (new List<string>(), new List<string>());
        if (account is not null)
        {
            if (account.Shadow is null) obstacles.Add("whether the account is expired is not known: it has no line in /etc/shadow (a directory's accounts have none)");
            else if (!account.IsClosed(view.Today)) left.Add("the account is not expired");
            if (account.Keys.Count > 0) left.Add($"{(account.Keys.Count == 1 ? "a key" : $"{account.Keys.Count} keys")} in {string.Join(", ", account.Keys.Select(key => key.Place).Take(3))}");
            obstacles.AddRange(account.Obstacles);
            obstacles.AddRange(view.Accounts.Unseen.Select(unseen => unseen.Reason));
            if (view.RightsOf(account.Account).FirstOrDefault(right => !right.IsForAll) is { } right) left.Add($"a rule of sudo ({right.Place})");
            obstacles.AddRange(view.Sudoers?.Problems.Take(1) ?? []);
            if (view.RootGroupsOf(grant.Name) is { Count: > 0 } groups) left.Add($"membership in {string.Join(", ", groups)}");
        }
        else if (view.Accounts.HasDirectory) obstacles.Add("whether a directory still has the account is not known");
        left.AddRange(view.Sessions.Where(session => session.User == grant.Name).Select(session => $"a session from {session.Place}"));
        left.AddRange(new Remnants(view.Machine).Of(grant.Name, account?.Account.Uid, account?.Account.Home));
        return Say(grant, $"{grant.Name} ({grant.Holder.Name})", left, obstacles);
    }

    Finding OfAuthority(Grant grant)
    {
        var places = view.Accounts.Authorities.Concat(view.Accounts.All.SelectMany(account => account.Keys.Where(key => key.IsAuthority)))
            .Where(key => key.Fingerprint == grant.Name).Select(key => $"it is trusted in {key.Place}").ToList();
        return Say(grant, $"authority {grant.Name} ({grant.Holder.Name})", places, [.. view.Accounts.Unseen.Select(unseen => unseen.Reason)]);
    }

    Finding OfRole(Grant grant)
    {
        var left = view.Clusters.Where(cluster => Wildcard.Matches(grant.Cluster!, cluster.Cluster) && cluster.Roles?.Any(role => role.Name == grant.Name) == true).Select(cluster => $"it may log in to {cluster.Cluster}").ToList();
        var unknown = view.Clusters.Where(cluster => Wildcard.Matches(grant.Cluster!, cluster.Cluster) && cluster.Roles is null).Select(cluster => $"the roles of {cluster.Cluster} are not known: {cluster.Reason}").ToList();
        return Say(grant, $"role {grant.Name} in {grant.Cluster} ({grant.Holder.Name})", left, unknown);
    }

    static Finding Say(Grant grant, string subject, List<string> left, List<string> obstacles)
    {
        var evidence = new Evidence { { "ended", $"{grant.Until:yyyy-MM-dd}" }, { "left", left }, { "not_seen", obstacles.Count == 0 ? null : obstacles } };
        return left.Count > 0 ? Finding.Fail(Rule, subject, $"its access ended on {grant.Until:yyyy-MM-dd}, and this is left: {string.Join("; ", left.Take(4))}{(left.Count > 4 ? $" (and {left.Count - 4} more)" : "")}", evidence)
            : obstacles.Count > 0 ? Finding.Unknown(Rule, subject, $"its access ended on {grant.Until:yyyy-MM-dd}, and whether something is left is not certain: {obstacles[0]}", evidence)
            : Finding.Pass(Rule, subject, $"its access ended on {grant.Until:yyyy-MM-dd}, and nothing of it is left", evidence);
    }
}
