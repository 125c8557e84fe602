using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>One statement of rsyslog's configuration that sends messages to another host.</summary>
/// <param name="Target">Host name or address.</param>
/// <param name="Encryption">Null: in clear.</param>
/// <param name="AuthenticatesReceiver">The receiver's certificate is checked.</param>
/// <param name="TakesAuth">Logins are among what is sent: null where a condition decides that.</param>
/// <param name="Why">Where something before this statement keeps logins from it, or may: what.</param>
sealed record Forwarding(string Target, string? Encryption, bool AuthenticatesReceiver, bool? TakesAuth, string File, string? Why = null);

/// <summary>
/// What rsyslog forwards (rsyslog.conf(5)), of its three languages as much as concerns that: selectors with <c>@</c> and <c>@@</c>,
/// <c>$</c> directives, and objects <c>action( )</c>, <c>global( )</c>, <c>include( )</c>. Statements are in force in their order:
/// what is discarded is not forwarded by those behind.
/// </summary>
sealed class RsyslogConfig
{
    const string Main = "/etc/rsyslog.conf", DefaultRuleset = "RSYSLOG_DefaultRuleset";
    const int FileLimit = 500;

    readonly Machine machine;
    readonly List<Forwarding> forwardings = [];
    // Of them those that encrypt if the default driver does.
    readonly HashSet<int> byDefaultDriver = [];
    readonly List<string> files = [];
    // For all actions, also for those before it.
    string defaultDriver = "";
    // Of $ directives, which hold for all lines of the old form behind them, and for no action( ).
    string? oldDriver;
    string oldMode = "0", oldAuthentication = "";
    // $RuleSet holds for what stands behind it, in other files too.
    bool isOtherRuleset;
    // Where logins, or perhaps some of them, were discarded.
    string? discarded, perhapsDiscarded;

    RsyslogConfig(Machine machine) => this.machine = machine;

    public IReadOnlyList<Forwarding> Forwardings => forwardings;

    /// <summary>All files, in the order in which they were read.</summary>
    public IReadOnlyList<string> Files => files;

    /// <summary>Where rsyslog takes its messages from.</summary>
    public RsyslogInputs Inputs { get; } = new();

    /// <exception cref="FormatException">It has what this agent does not read.</exception>
    public static RsyslogConfig Read(Machine machine)
    {
        var config = new RsyslogConfig(machine);
        config.Add(Main, depth: 0, RsyslogScope.Top);
        if (IsTls(config.defaultDriver))
            foreach (var index in config.byDefaultDriver) config.forwardings[index] = config.forwardings[index] with { Encryption = "TLS" };
        return config;
    }

    void Add(string path, int depth, RsyslogScope scope)
    {
        if (depth > 10 || files.Count > FileLimit) throw new FormatException($"{path}: more included files than are read");
        if (machine.ReadText(path) is not { } text) return;
        files.Add(path);
        foreach (var statement in RsyslogStatement.Split(text, path))
            Take(statement with { Scope = statement.Scope.Within(scope) }, path, depth);
    }

    void Take(RsyslogStatement statement, string path, int depth)
    {
        // rsyslog takes any other value than "on" for "off"; what a command or a variable says is not known.
        var enabled = statement.Object is null ? null : statement.Value("config.enabled");
        var isUnclear = enabled is ['`', ..];
        if (enabled is not (null or "on") && !isUnclear) return;
        if (isUnclear && statement.Object != "action") throw new FormatException($"{path}:{statement.Line}: whether this is in force is decided by {enabled}");
        switch (statement.Object)
        {
            case "include":
                Include(statement.Value("file") ?? throw new FormatException($"{path}:{statement.Line}: an include without file"), depth, statement.Scope);
                break;
            case "global":
                defaultDriver = statement.Value("defaultnetstreamdriver") ?? defaultDriver;
                break;
            case "module":
                Inputs.Load(statement);
                break;
            case "input":
                Inputs.Open(statement.Value("type") ?? "");
                break;
            case "action":
                TakeAction(statement, path, isUnclear);
                break;
            case "stop" or "call":
                Discard(statement, path);
                break;
            case null when statement.Text.StartsWith('$'):
                TakeDirective(statement, depth);
                break;
            case null:
                TakeLegacy(statement, path);
                break;
        }
    }

    void Include(string pattern, int depth, RsyslogScope scope)
    {
        foreach (var path in machine.Glob(pattern)) Add(path, depth + 1, scope);
    }

    /// <summary>A ruleset that is called may discard for the one that calls it.</summary>
    void Discard(RsyslogStatement statement, string path)
    {
        if (statement.Scope.IsElsewhere || isOtherRuleset) return;
        var catches = RsyslogFilter.Catches(statement.Scope.Filters);
        var place = $"{path}:{statement.Line}";
        if (catches == true && statement.Object != "call") discarded ??= place;
        else if (catches != false) perhapsDiscarded ??= place;
    }

    /// <param name="target">Of another form than host and port: the module's name.</param>
    /// <param name="isUnclear">Whether it is in force, or what it sends, is not judged.</param>
    void Forward(RsyslogStatement statement, string path, string target, string? encryption, bool authenticates, bool isUnclear = false)
    {
        bool? takes = isUnclear || isOtherRuleset || statement.Scope.IsElsewhere ? null : RsyslogFilter.Selects(statement.Scope.Filters);
        var (logins, why) = takes != true ? (takes, null)
            : discarded is not null ? (false, $"{discarded} discards them before")
            : perhapsDiscarded is not null ? ((bool?)null, $"{perhapsDiscarded} discards some messages before, and this agent does not judge which")
            : (true, null);
        forwardings.Add(new Forwarding(target, encryption, authenticates, logins, path, why));
    }

    void TakeAction(RsyslogStatement action, string path, bool isUnclear)
    {
        var type = action.Value("type");
        if (type == "omfwd" && action.Value("target") is { } target)
        {
            var wantsTls = action.Value("streamdrivermode") == "1" && "tcp".Equals(action.Value("protocol"), StringComparison.OrdinalIgnoreCase);
            ForwardTcp(action, path, target, wantsTls, action.Value("streamdriver"), action.Value("streamdriverauthmode") ?? "", isUnclear);
        }
        else if (type == "omrelp" && action.Value("target") is { } relp)
            Forward(action, path, relp, action.Value("tls") == "on" ? "RELP over TLS" : null, action.Value("tls.authmode") is "name" or "fingerprint" or "certvalid", isUnclear);
        else if (type is "omelasticsearch" or "omhttp" or "omkafka" or "omprog" or "omrabbitmq" or "omamqp1")
            Forward(action, path, type, null, authenticates: false, isUnclear: true);
    }

    /// <param name="driver">Null: the default, which may be set later.</param>
    void ForwardTcp(RsyslogStatement statement, string path, string target, bool wantsTls, string? driver, string authentication, bool isUnclear = false)
    {
        if (wantsTls && driver is null) byDefaultDriver.Add(forwardings.Count);
        Forward(statement, path, target, wantsTls && driver is not null && IsTls(driver) ? "TLS" : null, Authenticates(authentication), isUnclear);
    }

    void TakeDirective(RsyslogStatement statement, int depth)
    {
        var (word, rest) = statement.Text.Split([' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries) switch { [var first, var second] => (first, second.Trim()), [var only] => (only, ""), _ => ("", "") };
        switch (word.ToLowerInvariant())
        {
            case "$includeconfig":
                Include(rest, depth, statement.Scope);
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
            case "$ruleset":
                isOtherRuleset = !rest.Equals(DefaultRuleset, StringComparison.OrdinalIgnoreCase);
                break;
            case "$defaultruleset" when !rest.Equals(DefaultRuleset, StringComparison.OrdinalIgnoreCase):
                throw new FormatException($"{files[^1]}:{statement.Line}: messages go to another ruleset than the default one");
            default:
                Inputs.TakeDirective(word.ToLowerInvariant(), rest);
                break;
        }
    }

    void TakeLegacy(RsyslogStatement statement, string path)
    {
        var action = statement.Text;
        if (action.StartsWith('~')) Discard(statement, path);
        else if (action.StartsWith("@@", StringComparison.Ordinal)) ForwardTcp(statement, path, Host(action[2..]), oldMode == "1", oldDriver, oldAuthentication);
        else if (action.StartsWith('@')) Forward(statement, path, Host(action[1..]), null, authenticates: false);
        else if (action.StartsWith(":omrelp:", StringComparison.Ordinal)) Forward(statement, path, Host(action[8..]), null, authenticates: false);
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
}
