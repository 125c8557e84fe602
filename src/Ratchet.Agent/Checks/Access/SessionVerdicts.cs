using Ratchet.Agent.Checks.Sshd;

namespace Ratchet.Agent.Checks.Access;

/// <summary>Whether who is on the host now may be, and comes from where the register says.</summary>
sealed class SessionVerdicts(AccessView view)
{
    static readonly Rule Rule = AccessRules.SessionsAllowed;

    public IEnumerable<Finding> Judge()
    {
        if (!view.Register.IsConfigured) return [Finding.NotApplicable(Rule, "access", Register.Missing)];
        return view.Sessions.Count > 0 ? view.Sessions.Select(session => view.Time.OnEachDay(day => OfSession(session, day))) : [Finding.Pass(Rule, "sessions", "nobody is logged in at this moment")];
    }

    Finding OfSession(Session session, DateOnly today)
    {
        var grant = view.Register.Account(session.User);
        var evidence = new Evidence { { "user", session.User }, { "from", session.Place }, { "holder", grant?.Holder.Name }, { "sources", grant?.Sources } };
        if (session.Doubt is { } doubt) return Finding.Unknown(Rule, session.Subject, $"whether {session.User} is logged in cannot be told: {doubt}", evidence);
        if (grant is null) return Finding.Fail(Rule, session.Subject, $"{session.User} is logged in from {session.Place}, and nobody registered the account", evidence);
        if (grant.Void(today) is { } reason) return Finding.Fail(Rule, session.Subject, $"{session.User} is logged in from {session.Place}, and {reason}", evidence);
        if (grant.Sources.Count == 0) return Finding.Pass(Rule, session.Subject, $"{session.User} is {grant.Holder.Name}'s, and may come from anywhere, per register", evidence);
        if (session.IsLocal)
            return grant.Holder.Party is null
                ? Finding.Pass(Rule, session.Subject, $"{session.User} is staff's, and logged in at a terminal of the host", evidence)
                : Finding.Fail(Rule, session.Subject, $"{session.User} is logged in at a terminal of the host, and {grant.Holder.Name} is registered for addresses alone", evidence);
        if (session.From is not { } address) return Finding.Unknown(Rule, session.Subject, $"{session.User} is logged in from {session.Place}, and which address that is is not known", evidence);
        var from = AddressRange.Parse(address.ToString());
        return from is not null && grant.Sources.Any(source => AddressRange.Parse(source)?.Contains(from) == true)
            ? Finding.Pass(Rule, session.Subject, $"{session.User} is {grant.Holder.Name}'s, and comes from where the register says", evidence)
            : Finding.Fail(Rule, session.Subject, $"{session.User} is logged in from {session.Place}, which is not among the registered sources of {grant.Holder.Name}", evidence);
    }
}
