namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>Whether logins pass the filters of rsyslog's configuration: what sshd, sudo and the like say under the facilities auth and authpriv.</summary>
static class RsyslogFilter
{
    /// <summary>
    /// Whether messages of both auth and authpriv at severity info pass all filters, which is how sshd and sudo tell of logins: null where
    /// this agent does not judge a filter.
    /// </summary>
    public static bool? Selects(IReadOnlyList<string> filters) => All(filters, Selects);

    static bool? All(IReadOnlyList<string> filters, Func<string, bool?> judge)
    {
        bool? all = true;
        foreach (var filter in filters)
        {
            var one = judge(filter);
            if (one == false) return false;
            if (one is null) all = null;
        }
        return all;
    }

    /// <summary>Parts of a selector take effect from left to right.</summary>
    internal static bool? Selects(string selector)
    {
        if (!IsSelector(selector)) return null;
        var (auth, authpriv) = (false, false);
        foreach (var part in selector.ToLowerInvariant().Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Split('.', 2) is not [var facilities, var severity]) return null;
            if (Takes(severity) is not { } taken) return null;
            foreach (var facility in facilities.Split(','))
            {
                if (facility is "*" or "auth" or "security") auth = taken.Sets ? taken.Value : auth;
                if (facility is "*" or "authpriv") authpriv = taken.Sets ? taken.Value : authpriv;
            }
        }
        return auth && authpriv;
    }

    /// <summary>Whether messages of info are taken or taken away by this severity, or left as they were.</summary>
    static (bool Sets, bool Value)? Takes(string severity) => severity switch
    {
        "*" or "debug" or "info" or "=info" => (true, true),
        "none" or "!info" or "!debug" or "!=info" or "!*" => (true, false),
        "notice" or "warning" or "warn" or "err" or "error" or "crit" or "alert" or "emerg" or "panic" => (false, false),
        ['=' or '!', ..] => (false, false),
        _ => null,
    };

    static bool IsSelector(string filter) => filter is not ("else" or "&") && !filter.StartsWith(':') && !filter.Contains(' ', StringComparison.Ordinal);
}
