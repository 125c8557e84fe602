namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>Whether logins pass the filters of rsyslog's configuration: what sshd, sudo and the like say under the facilities auth and authpriv.</summary>
static class RsyslogFilter
{
    /// <summary>Programs that tell of logins and of changed rights; one filter may name a part of such a name.</summary>
    static readonly string[] LoginPrograms =
    [
        "sshd", "sshd-session", "sshd-auth", "dropbear", "login", "agetty", "getty", "su", "su-l", "sudo", "sudo-i", "sudo-rs", "doas", "runuser", "pkexec", "polkitd", "polkit-agent-helper-1",
        "systemd", "(systemd)", "systemd-logind", "systemd-user", "cron", "crond", "anacron", "atd", "passwd", "chpasswd", "newusers", "useradd", "userdel", "usermod", "adduser", "deluser", "groupadd", "groupdel", "groupmod", "gpasswd",
        "chage", "chsh", "chfn", "unix_chkpwd", "gdm", "gdm-password", "gdm3", "lightdm", "sddm", "xrdp-sesman", "sssd", "sssd_be", "sssd_pam", "winbindd", "vsftpd", "proftpd", "cockpit-session", "cockpit-ws",
        "auditd", "audisp-syslog", "audispd", "audit", "amazon-ssm-agent", "ec2-instance-connect", "teleport", "tailscaled", "pam",
    ];

    /// <summary>What the kernel's firewall says; no program begins its words like this.</summary>
    const string FirewallMark = "[UFW ";

    enum Part { None, Some, All }

    /// <summary>
    /// Whether messages of both auth and authpriv at severity info pass all filters, which is how sshd and sudo tell of logins: null where
    /// this agent does not judge a filter.
    /// </summary>
    public static bool? Selects(IReadOnlyList<string> filters) => All(filters, Selects);

    /// <summary>Whether what passes all filters has all logins of auth or of authpriv in it: true; null: perhaps some; false: clearly none.</summary>
    public static bool? Catches(IReadOnlyList<string> filters) => All(filters, Catches);

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

    internal static bool? Catches(string filter)
    {
        if (IsSelector(filter)) return CatchesBySelector(filter);
        if (filter.StartsWith(':')) return CatchesByProperty(filter);
        return filter.StartsWith("if ", StringComparison.Ordinal) ? CatchesByExpression(filter[3..]) : null;
    }

    static bool IsSelector(string filter) => filter is not ("else" or "&") && !filter.StartsWith(':') && !filter.Contains(' ', StringComparison.Ordinal);

    static bool? CatchesBySelector(string selector)
    {
        var (auth, authpriv) = (Part.None, Part.None);
        foreach (var part in selector.ToLowerInvariant().Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Split('.', 2) is not [var facilities, var severity]) return null;
            foreach (var facility in facilities.Split(','))
            {
                // Numbers and other names of facilities.
                if (facility.Any(char.IsAsciiDigit) && !facility.StartsWith("local", StringComparison.Ordinal)) return null;
                if (facility is "*" or "auth" or "security") auth = Then(auth, severity);
                if (facility is "*" or "authpriv") authpriv = Then(authpriv, severity);
            }
        }
        return auth == Part.All || authpriv == Part.All ? true : auth == Part.None && authpriv == Part.None ? false : null;
    }

    /// <summary>sudo speaks at notice and a refused login at err: a filter of severities takes some of them.</summary>
    static Part Then(Part before, string severity) => severity switch
    {
        "*" or "debug" or "info" => Part.All,
        "none" or "!debug" or "!*" => Part.None,
        "=debug" => before,
        ['!', ..] => before == Part.None ? Part.None : Part.Some,
        _ => before == Part.All ? Part.All : Part.Some,
    };

    /// <summary><c>:property, operation, "value"</c>.</summary>
    static bool? CatchesByProperty(string filter)
    {
        var open = filter.IndexOf('"', StringComparison.Ordinal);
        return open > 0 && filter[1..open].Split(',') is [var property, var operation, _] ? Catches(property.Trim(), operation.Trim(), filter[(open + 1)..].TrimEnd('"')) : null;
    }

    /// <summary>Comparisons of a property with a text, with <c>or</c> between them: none may be of logins.</summary>
    static bool? CatchesByExpression(string expression)
    {
        var parts = expression.Trim().Split(" or ");
        if (parts is [var only]) return CatchesByComparison(only);
        return parts.All(part => CatchesByComparison(part) == false) ? false : null;
    }

    /// <summary><c>$property operation "value"</c>, perhaps in parentheses.</summary>
    static bool? CatchesByComparison(string comparison)
    {
        comparison = comparison.Trim(' ', '\t', '\n', '(', ')');
        var open = comparison.AsSpan().IndexOfAny('"', '\'');
        if (open <= 0 || comparison[0] != '$' || comparison[^1] != comparison[open] || comparison.AsSpan(open).Count(comparison[open]) != 2) return null;
        return comparison[1..open].Replace("==", " isequal ", StringComparison.Ordinal).Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries) is [var property, var operation]
            ? Catches(property, operation, comparison[(open + 1)..^1])
            : null;
    }

    static bool? Catches(string property, string operation, string value)
    {
        if (value.Contains('\\', StringComparison.Ordinal)) return null;
        return (property.TrimStart('$').ToLowerInvariant(), operation.ToLowerInvariant()) switch
        {
            ("programname" or "app-name", var how) => IsOfLoginProgram(how, value) == false ? false : null,
            ("syslogtag", var how) => IsOfLoginProgram(how, NameInTag(how, value)) == false ? false : null,
            ("msg", "contains" or "startswith" or "isequal") => value.StartsWith(FirewallMark, StringComparison.Ordinal) ? false : null,
            ("syslogfacility-text", "isequal") => value is "auth" or "authpriv" ? true : value == "security" ? null : false,
            _ => null,
        };
    }

    static bool? IsOfLoginProgram(string operation, string name) => operation switch
    {
        "isequal" => LoginPrograms.Contains(name, StringComparer.OrdinalIgnoreCase),
        "startswith" => LoginPrograms.Any(program => program.StartsWith(name, StringComparison.OrdinalIgnoreCase)),
        "contains" => LoginPrograms.Any(program => program.Contains(name, StringComparison.OrdinalIgnoreCase)),
        _ => null,
    };

    /// <summary>Of <c>sshd[4711]:</c> the program; of a part of a tag what may be a part of a program's name.</summary>
    static string NameInTag(string operation, string tag) =>
        operation == "contains" ? tag.Trim([.. "0123456789[]: "]) : tag.Split('[', ':')[0] is { Length: > 0 } name ? name : tag;
}
