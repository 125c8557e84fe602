namespace Ratchet.Agent.Checks.Access;

/// <summary>Whether every account that can be entered was, within the time that the site allows. What the logs do not cover is not said.</summary>
sealed class InactiveVerdicts(AccessView view, LoginHistory history, TimeSpan window)
{
    static readonly Rule Rule = AccessRules.InactiveRemoved;

    public IEnumerable<Finding> Judge()
    {
        var enterable = view.Accounts.All.Where(account => account.WaysIn(view.Now).Count > 0).Select(OfAccount).ToList();
        return enterable.Count > 0 ? enterable
            : view.Accounts.Unseen.Count > 0 ? [Finding.Unknown(Rule, view.Accounts.Unseen[0].Subject, view.Accounts.Unseen[0].Reason)]
            : [Finding.NotApplicable(Rule, "accounts", "no account of this host can be entered")];
    }

    Finding OfAccount(HostAccount account)
    {
        var since = view.Now - window;
        var last = view.Sessions.Any(session => session.User == account.Name) ? view.Now : history.Last.TryGetValue(account.Name, out var seen) ? seen : (DateTimeOffset?)null;
        var evidence = new Evidence { { "last_login", last is { } login && login < view.Now ? $"{login:yyyy-MM-dd}" : null }, { "logs_begin", history.Since is { } begin ? $"{begin:yyyy-MM-dd}" : null } };
        if (last >= since) return Finding.Pass(Rule, account.Name, last == view.Now ? "it is logged in at this moment" : $"its last login was on {last:yyyy-MM-dd}", evidence);
        var firstDay = DateOnly.FromDateTime(since.UtcDateTime);
        if (view.Register.Account(account.Name)?.From is { } from && from >= firstDay) return Finding.Pass(Rule, account.Name, $"it was granted on {from:yyyy-MM-dd}, per register", evidence);
        if (account.Shadow?.Changed is { } changed && changed >= firstDay && changed <= view.Today) return Finding.Pass(Rule, account.Name, $"it was made, or its password set, on {changed:yyyy-MM-dd}", evidence);
        var days = (int)window.TotalDays;
        if (history.Since is not { } horizon) return Finding.Unknown(Rule, account.Name, $"when {account.Name} was last used is not known: {history.Obstacle}", evidence);
        return horizon > since
            ? Finding.Unknown(Rule, account.Name, $"no login of {account.Name} since {horizon:yyyy-MM-dd}, where the logs begin: they cover less than {days} days", evidence)
            : Finding.Fail(Rule, account.Name, $"no login of {account.Name} for {days} days{(last is { } old ? $"; the last known was on {old:yyyy-MM-dd}" : "")}", evidence);
    }
}
