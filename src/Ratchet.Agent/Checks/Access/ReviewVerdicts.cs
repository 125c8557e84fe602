namespace Ratchet.Agent.Checks.Access;

/// <summary>Whether somebody looked at what is granted within the year, and whether agreements are in force: claims of the register.</summary>
sealed class ReviewVerdicts(AccessView view)
{
    static readonly Rule Rule = AccessRules.Reviewed;

    public IEnumerable<Finding> Judge() => view.Register.IsConfigured
        ? view.Register.Holders.Select(holder => view.Time.OnEachDay(day => holder.Party is null ? OfStaff(holder, day) : OfParty(holder, day)))
        : [Finding.NotApplicable(Rule, "access", Register.Missing)];

    static Finding OfStaff(Holder staff, DateOnly today) => staff.Grants.Review is { } review
        ? Judge("staff", review.Last, today, $"by {review.By}", [])
        : Finding.Fail(Rule, "staff", "the register names no review of the staff's access (access.staff.review)");

    Finding OfParty(Holder holder, DateOnly today)
    {
        var (party, agreement) = (holder.Party!, holder.Party!.Agreement);
        var evidence = new Evidence { { "owner", party.Owner }, { "agreement", agreement.Ref }, { "signed", $"{agreement.Signed:yyyy-MM-dd}" }, { "expires", $"{agreement.Expires:yyyy-MM-dd}" }, { "reviewed", party.Review is { } last ? $"{last.Last:yyyy-MM-dd}" : null } };
        if (!holder.InScope) return Finding.NotApplicable(Rule, party.Id, $"{party.Id} is registered, but not for this host", evidence);
        if (agreement.Signed > today) return Finding.Fail(Rule, party.Id, $"the agreement {agreement.Ref} is signed on {agreement.Signed:yyyy-MM-dd}, which is yet to come", evidence);
        if (agreement.Expires < today) return OfEnded(holder, evidence);
        // Who signs an agreement has looked at it.
        var (day, by) = party.Review is { } review && review.Last > agreement.Signed ? (review.Last, $"by {review.By}") : (agreement.Signed, "with the agreement");
        return Judge(party.Id, day, today, by, evidence);
    }

    static Finding Judge(string subject, DateOnly day, DateOnly today, string by, Evidence evidence) =>
        day > today ? Finding.Fail(Rule, subject, $"the review of {day:yyyy-MM-dd} is yet to come", evidence)
        : day.AddYears(1) < today ? Finding.Fail(Rule, subject, $"the last review was on {day:yyyy-MM-dd}, more than a year ago", evidence)
        : Finding.Pass(Rule, subject, $"reviewed on {day:yyyy-MM-dd} {by}, per register", evidence);

    Finding OfEnded(Holder holder, Evidence evidence)
    {
        var (id, agreement) = (holder.Name, holder.Party!.Agreement);
        var account = holder.Grants.Accounts.FirstOrDefault(grant => view.Accounts.Find(grant.Name) is { } found && !found.IsClosed(view.Today));
        var role = holder.Grants.DatabaseRoles.FirstOrDefault(grant => view.Clusters.Any(cluster => cluster.Roles?.Any(one => one.Name == grant.Role) == true));
        var ended = $"the agreement {agreement.Ref} ended on {agreement.Expires:yyyy-MM-dd}";
        return account is not null || role is not null ? Finding.Fail(Rule, id, $"{ended}, and {account?.Name ?? role!.Role} is still there", evidence)
            : holder.Grants.DatabaseRoles.Count > 0 && view.Clusters.FirstOrDefault(cluster => cluster.Roles is null) is { } mute ? Finding.Unknown(Rule, id, $"{ended}, and whether a role of it is left in {mute.Cluster} is not known: {mute.Reason}", evidence)
            : Finding.NotApplicable(Rule, id, $"{ended}, and so did its access", evidence);
    }
}
