using System.Globalization;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>The rules on settings, each beside the function that judges it.</summary>
static class SettingRules
{
    static readonly Controls Login = new(
        ["164.312(a)(2)(i)", "164.312(d)", "164.308(a)(5)(ii)(D)"], ["01.q", "01.c", "01.d", "01.j", "01.p"]);

    static readonly Controls Reach = new(["164.312(a)(1)", "164.312(e)(1)"], ["01.n", "01.j", "09.m"]);

    static readonly Controls Audit = new(["164.312(b)", "164.308(a)(5)(ii)(C)"], ["09.aa", "09.ab"]);

    static readonly string[] Forwardings = ["allowtcpforwarding", "allowagentforwarding", "x11forwarding", "allowstreamlocalforwarding", "gatewayports", "permittunnel"];

    public static IReadOnlyList<SettingRule> All { get; } =
    [
        new(new Rule("sshd.root-login", "root cannot log in over SSH", Severity.Critical,
                "A login as root has no person behind it, and a stolen key is the whole host at once; prohibit-password still lets keys in.",
                "Set PermitRootLogin no, before any other line or drop-in that sets it; administrators log in under their own name and use sudo.", Login),
            "PermitRootLogin no", c => [Is(c, "permitrootlogin", "no")], RootOnly: true),

        new(new Rule("sshd.password-login", "Passwords do not open an SSH session", Severity.Critical,
                "Passwords are guessed, reused and phished; SSH servers are tried around the clock.",
                "Set PasswordAuthentication no where sshd reads it first (cloud-init's drop-in often comes before), or demand publickey in every list of AuthenticationMethods.", Login),
            "PasswordAuthentication no, or a key demanded beside it", c => [UnlessKeyDemanded(c, "passwordauthentication")]),

        new(new Rule("sshd.keyboard-interactive", "No password comes in through keyboard-interactive", Severity.High,
                "With UsePAM, keyboard-interactive asks for the very password that PasswordAuthentication no was to shut out.",
                "Set KbdInteractiveAuthentication no; for a second factor set AuthenticationMethods publickey,keyboard-interactive.", Login),
            "KbdInteractiveAuthentication no, or a key demanded beside it", c => [UnlessKeyDemanded(c, "kbdinteractiveauthentication", "challengeresponseauthentication")]),

        new(new Rule("sshd.empty-passwords", "An empty password opens no SSH session", Severity.Critical,
                "An account without a password would be open to whoever knows its name.",
                "Set PermitEmptyPasswords no.", Login),
            "PermitEmptyPasswords no", c => [Is(c, "permitemptypasswords", "no")]),

        new(new Rule("sshd.host-based", "No host vouches for its users", Severity.High,
                "Host-based trust lets one broken host into the next without any credential of a person.",
                "Set HostbasedAuthentication no and IgnoreRhosts yes.", Login),
            "HostbasedAuthentication no, IgnoreRhosts yes", c => [Is(c, "hostbasedauthentication", "no"), Is(c, "ignorerhosts", "yes")]),

        new(new Rule("sshd.user-environment", "Users cannot set the environment of their login", Severity.Medium,
                "LD_PRELOAD in ~/.ssh/environment gets around forced commands and restricted shells.",
                "Set PermitUserEnvironment no.", Login),
            "PermitUserEnvironment no", c => [Is(c, "permituserenvironment", "no")]),

        new(new Rule("sshd.strict-modes", "sshd refuses key files that others can write", Severity.High,
                "Without StrictModes whoever can write a home directory adds a key and is that user.",
                "Set StrictModes yes.", Login),
            "StrictModes yes", c => [Is(c, "strictmodes", "yes")]),

        new(new Rule("sshd.forwarding", "SSH sessions forward nothing", Severity.Medium,
                "A forwarded port or tunnel goes around the firewall between the networks; a forwarded agent or display lends the user's keys and screen to the host.",
                "Set DisableForwarding yes; where people must forward, waive the rule for that host with an owner and a date.", Reach),
            "DisableForwarding yes, or every kind of forwarding off", Forwarding),

        new(new Rule("sshd.log-level", "sshd logs every login, and nothing private", Severity.Medium,
                "Below INFO logins leave no trace; from DEBUG on the log holds what users do (sshd_config(5): violates their privacy).",
                "Set LogLevel INFO or VERBOSE.", Audit),
            "LogLevel INFO or VERBOSE", c => [OneOf(c, "loglevel", "INFO", "VERBOSE")]),

        new(new Rule("sshd.max-auth-tries", "A connection has at most 4 attempts to log in", Severity.Low,
                "Each attempt more makes guessing cheaper and the log thinner: failures are logged in full only after half of them.",
                "Set MaxAuthTries 4 or less.", Login),
            "MaxAuthTries from 1 to 4", c => [Between(c, "maxauthtries", 1, 4)]),

        new(new Rule("sshd.login-grace", "A login is done within 60 seconds or cut off", Severity.Low,
                "Connections that never log in hold the few places that MaxStartups has; 0 lets them wait for ever.",
                "Set LoginGraceTime 60 or less, not 0.", Login),
            "LoginGraceTime from 1 to 60 seconds", c => [Between(c, "logingracetime", 1, 60)]),

        new(new Rule("sshd.allowed-groups", "Only named groups or users may log in", Severity.Medium,
                "Without a list every account with a shell may log in, also one that a package made.",
                "Set AllowGroups (or AllowUsers) to the groups that are to have access.",
                new Controls(["164.308(a)(4)(ii)(B)", "164.312(a)(1)", "164.308(a)(4)(ii)(C)"], ["01.b", "01.c", "01.q"])),
            "AllowGroups or AllowUsers set", c => [AllowList(c)]),
    ];

    static Observation Is(EffectiveConfig config, string keyword, string good) => OneOf(config, keyword, good);

    static Observation OneOf(EffectiveConfig config, string keyword, params string[] good) =>
        config.Get(keyword) is not { } value ? new(keyword, null, null)
        : new(keyword, value, good.Contains(value, StringComparer.OrdinalIgnoreCase) ? null : $"is {value}");

    static Observation Between(EffectiveConfig config, string keyword, int least, int most) =>
        config.Get(keyword) is not { } value || !long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? new(keyword, null, null)
        : new(keyword, value, number < least || number > most ? $"is {value}" : null);

    /// <summary>A method that is on does no harm where each list of AuthenticationMethods also demands a key.</summary>
    static Observation UnlessKeyDemanded(EffectiveConfig config, string keyword, string? oldName = null)
    {
        var value = config.Get(keyword) ?? (oldName is null ? null : config.Get(oldName));
        if (value is null or "no") return new(keyword, value, null);
        var lists = config.All("authenticationmethods").SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        var demanded = lists.Length > 0 && lists.All(list => list.Split(',').Any(method => method.Split(':')[0] == "publickey"));
        return demanded ? new(keyword, $"{value}, authenticationmethods {string.Join(' ', lists)}", null) : new(keyword, value, $"is {value}");
    }

    static IEnumerable<Observation> Forwarding(EffectiveConfig config)
    {
        if (config.Get("disableforwarding") == "yes") return [new("disableforwarding", "yes", null)];
        return Forwardings.Select(keyword => Is(config, keyword, "no"));
    }

    static Observation AllowList(EffectiveConfig config)
    {
        var (keyword, names) = config.All("allowgroups") is { Count: > 0 } groups ? ("allowgroups", groups) : ("allowusers", config.All("allowusers"));
        var patterns = names.SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        return patterns.Length == 0 ? new("allowgroups", "", "is not set, nor is allowusers")
            : new(keyword, string.Join(' ', patterns), patterns.Any(pattern => pattern.Trim('*', '@').Length == 0) ? "names everybody" : null);
    }
}
