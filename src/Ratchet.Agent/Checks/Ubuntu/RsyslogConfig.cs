using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>One statement of rsyslog's configuration that sends messages to another host.</summary>
/// <param name="Target">Host name or address.</param>
/// <param name="Encryption">Null: in clear.</param>
/// <param name="AuthenticatesReceiver">The receiver's certificate is checked.</param>
/// <param name="TakesAuth">Logins are among what is sent: null where a condition decides that.</param>
sealed record Forwarding(string Target, string? Encryption, bool AuthenticatesReceiver, bool? TakesAuth, string File);

/// <summary>
/// What rsyslog forwards (rsyslog.conf(5)), of its three languages as much as concerns that: selectors with <c>@</c> and <c>@@</c>,
/// <c>$</c> directives, and objects <c>action( )</c>, <c>global( )</c>, <c>include( )</c>. What stands in a block is under a condition.
/// </summary>
sealed class RsyslogConfig
{
    const string Main = "/etc/rsyslog.conf";
    const int FileLimit = 500;

    readonly Machine machine;
    readonly List<Forwarding> forwardings = [];
    readonly List<string> files = [];
    // For all actions.
    string defaultDriver = "";
    // Of $ directives, which hold for all lines of the old form behind them, and for no action( ).
    string? oldDriver;
    string oldMode = "0", oldAuthentication = "";

    RsyslogConfig(Machine machine) => this.machine = machine;

    public IReadOnlyList<Forwarding> Forwardings => forwardings;

    /// <summary>All files, in the order in which they were read.</summary>
    public IReadOnlyList<string> Files => files;

    /// <exception cref="FormatException">It has what this agent does not read.</exception>
    public static RsyslogConfig Read(Machine machine)
    {
        var config = new RsyslogConfig(machine);
        config.Add(Main, depth: 0, isConditional: false);
        return config;
    }

    void Add(string path, int depth, bool isConditional)
    {
        if (depth > 10 || files.Count > FileLimit) throw new FormatException($"{path}: more included files than are read");
        if (machine.ReadText(path) is not { } text) return;
        files.Add(path);
        foreach (var statement in RsyslogStatement.Split(text, path))
            Take(statement, path, depth, isConditional || statement.IsConditional);
    }

    void Take(RsyslogStatement statement, string path, int depth, bool isConditional)
    {
        switch (statement.Object)
        {
            case "include":
                Include(statement.Value("file") ?? throw new FormatException($"{path}:{statement.Line}: an include without file"), depth, isConditional);
                break;
            case "global":
                defaultDriver = statement.Value("defaultnetstreamdriver") ?? defaultDriver;
                break;
            case "action":
                TakeAction(statement, path, isConditional);
                break;
            case null:
                TakeLegacy(statement, path, depth, isConditional);
                break;
        }
    }

    void Include(string pattern, int depth, bool isConditional)
    {
        foreach (var path in machine.Glob(pattern)) Add(path, depth + 1, isConditional);
    }

    void TakeAction(RsyslogStatement action, string path, bool isConditional)
    {
        var type = action.Value("type");
        var auth = isConditional ? null : Selects(action.Selector);
        if (type == "omfwd" && action.Value("target") is { } target)
        {
            var isTls = action.Value("streamdrivermode") == "1" && IsTls(action.Value("streamdriver") ?? defaultDriver) && "tcp".Equals(action.Value("protocol"), StringComparison.OrdinalIgnoreCase);
            forwardings.Add(new Forwarding(target, isTls ? "TLS" : null, Authenticates(action.Value("streamdriverauthmode") ?? ""), auth, path));
        }
        else if (type == "omrelp" && action.Value("target") is { } relp)
            forwardings.Add(new Forwarding(relp, action.Value("tls") == "on" ? "RELP over TLS" : null, action.Value("tls.authmode") is "name" or "fingerprint" or "certvalid", auth, path));
        else if (type is "omelasticsearch" or "omhttp" or "omkafka" or "omprog" or "omrabbitmq" or "omamqp1")
            forwardings.Add(new Forwarding(type, null, AuthenticatesReceiver: false, TakesAuth: null, path));
    }

    void TakeLegacy(RsyslogStatement statement, string path, int depth, bool isConditional)
    {
        var (word, rest) = statement.Text.Split([' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries) switch { [var first, var second] => (first, second.Trim()), [var only] => (only, ""), _ => ("", "") };
        switch (word.ToLowerInvariant())
        {
            case "$includeconfig":
                Include(rest, depth, isConditional);
                break;
            case "$defaultnetstreamdriver":
                defaultDriver = rest;
                break;
            case "$actionsendstreamdriver":
                oldDriver = rest;
                break;
            case "$actionsendstreamdrivermode":
                oldMode = rest;
                break;
            case "$actionsendstreamdriverauthmode":
                oldAuthentication = rest;
                break;
            default:
                if (rest.StartsWith("@@", StringComparison.Ordinal))
                    forwardings.Add(new Forwarding(Host(rest[2..]), oldMode == "1" && IsTls(oldDriver ?? defaultDriver) ? "TLS" : null, Authenticates(oldAuthentication), isConditional ? null : Selects(word), path));
                else if (rest.StartsWith('@')) forwardings.Add(new Forwarding(Host(rest[1..]), null, AuthenticatesReceiver: false, isConditional ? null : Selects(word), path));
                else if (rest.StartsWith(":omrelp:", StringComparison.Ordinal)) forwardings.Add(new Forwarding(Host(rest[8..]), null, AuthenticatesReceiver: false, isConditional ? null : Selects(word), path));
                break;
        }
    }

    static bool IsTls(string driver) => driver is "gtls" or "ossl" or "mbedtls";

    /// <summary>Where none is set the drivers take x509/name.</summary>
    static bool Authenticates(string mode) => mode.Length == 0 || mode.StartsWith("x509/", StringComparison.OrdinalIgnoreCase);

    /// <summary><c>(z9)[2001:db8::1]:6514;Template</c> without its trimmings.</summary>
    static string Host(string text)
    {
        if (text.StartsWith('(')) text = text[(text.IndexOf(')', StringComparison.Ordinal) + 1)..];
        text = text.Split(';', ' ')[0];
        return text.StartsWith('[') ? text.TrimStart('[').Split(']')[0] : text.Split(':')[0];
    }

    /// <summary>
    /// Whether a selector takes messages of both auth and authpriv at severity info, which is how sshd and sudo tell of logins; parts take
    /// effect from left to right.
    /// </summary>
    internal static bool? Selects(string? selector)
    {
        if (selector is null) return true;
        if (selector.StartsWith(':') || selector.Contains('(', StringComparison.Ordinal)) return null;
        var (auth, authpriv) = (false, false);
        foreach (var part in selector.Split(';', StringSplitOptions.RemoveEmptyEntries))
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
}
