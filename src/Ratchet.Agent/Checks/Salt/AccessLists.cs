namespace Ratchet.Agent.Checks.Salt;

/// <summary>One pattern of an access list, and the functions worth asking it about.</summary>
/// <param name="By">What stands in the configuration, in words.</param>
/// <param name="IsLimited">Whether the list limits the arguments too.</param>
sealed record Grant(string Who, IReadOnlyList<string> Functions, string Pattern, string By, bool IsLimited);

/// <summary>The access lists of a master, as salt/master.py, salt/daemons/masterapi.py and CkMinions in salt/utils/minions.py read them.</summary>
static class AccessLists
{
    /// <summary>They do what their caller hands them: a command, code, a state, another function. state.apply does what was reviewed.</summary>
    public static readonly IReadOnlyList<string> OfMinions =
    [
        "cmd.run", "cmd.run_all", "cmd.run_bg", "cmd.run_chroot", "cmd.run_stdout", "cmd.run_stderr", "cmd.retcode", "cmd.shell", "cmd.script", "cmd.script_retcode",
        "cmd.exec_code", "cmd.exec_code_all", "state.single", "state.low", "state.high", "state.template_str", "mine.send", "schedule.add",
    ];

    /// <summary>The same on the master.</summary>
    static readonly string[] Runners = ["salt.cmd", "salt.execute", "ssh.cmd", "state.orchestrate_single", "state.orchestrate_high"];

    /// <summary>They accept keys, or write what minions and master obey.</summary>
    static readonly string[] Wheels = ["key.accept", "key.accept_dict", "key.gen_accept", "file_roots.write", "pillar_roots.write", "config.apply", "config.update_config"];

    /// <exception cref="FormatException">The setting, or what stands in it, is no map.</exception>
    public static IEnumerable<Grant> Of(string name, YamlNode setting) => name switch
    {
        "publisher_acl" => Map(name, setting).SelectMany(account => Elements(account.Key, account.Value)).SelectMany(item => OnMinions(item.Who, item.Node)),
        // What begins with ^ is an option of the system that authenticates.
        "external_auth" => Map(name, setting).SelectMany(system => Map($"{name}: {system.Key}", system.Value)).Where(account => !account.Key.StartsWith('^'))
            .SelectMany(account => Elements(account.Key, account.Value)).SelectMany(item => OnMinions(item.Who, item.Node).Concat(OnMaster(item.Who, item.Node))),
        "peer" => Map(name, setting).SelectMany(minions => (minions.Value.Items ?? []).SelectMany(item => OnMinions(minions.Key, item))),
        "peer_run" => Map(name, setting).SelectMany(minions => (minions.Value.Items ?? []).Where(item => item.Text is not null).Select(item => Named(minions.Key, Runners, item.Text!))),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "is no access list"),
    };

    static IReadOnlyDictionary<string, YamlNode> Map(string name, YamlNode node) =>
        node.Entries ?? (node.IsEmpty ? new Dictionary<string, YamlNode>() : throw new FormatException($"{Printable.Clean(name, 64)} is no map"));

    /// <summary>Salt extends a list by what an account has, whatever that is.</summary>
    static IEnumerable<(string Who, YamlNode Node)> Elements(string who, YamlNode list) =>
        list.Elements.Select(node => (list.Text is null ? who : $"{Printable.Clean(who, 64)} (whose text Salt takes letter by letter)", node));

    /// <summary>A text is a function of every minion, a map of one entry has the functions of a target.</summary>
    static IEnumerable<Grant> OnMinions(string who, YamlNode item) =>
        item.Text is { } pattern ? [Named(who, OfMinions, pattern)]
        : item.Entries is { Count: 1 } target ? Conditions(who, OfMinions, target.Values.Single())
        : [];

    /// <summary><c>@wheel</c>, <c>@runner</c> or the <c>@name</c> of a module: all of it, or what a map says of it.</summary>
    static IEnumerable<Grant> OnMaster(string who, YamlNode item) =>
        item.Text is ['@', .. var whole] ? [new Grant(who, Interface(whole), ".*", item.Text, IsLimited: false)]
        : item.Entries is { Count: 1 } entries && entries.Single() is { Key: ['@', .. var part] } entry ? Conditions(who, Interface(part), entry.Value)
        : [];

    static string[] Interface(string name) => name switch
    {
        "wheel" or "wheels" => Wheels,
        "runner" or "runners" => Runners,
        // Of a module the names of its functions are compared alone.
        _ => [.. Runners.Concat(Wheels).Where(function => function.StartsWith(name + ".", StringComparison.Ordinal)).Select(function => function[(name.Length + 1)..])],
    };

    static IEnumerable<Grant> Conditions(string who, IReadOnlyList<string> functions, YamlNode value)
    {
        foreach (var item in value.Items ?? [value])
        {
            if (item.Text is { } pattern) yield return Named(who, functions, pattern);
            if (item.Entries is not { Count: 1 } entries) continue;
            var (name, limits) = entries.Single();
            var alternatives = (limits.Items ?? [limits]).Where(limit => limit.Entries is not null).ToArray();
            // A function without conditions behind its colon is never allowed.
            if (alternatives.Length > 0) yield return Named(who, functions, name) with { IsLimited = alternatives.All(IsLimit) };
        }
    }

    static bool IsLimit(YamlNode node) => node.Entries!.GetValueOrDefault("args") is { IsEmpty: false } || node.Entries!.GetValueOrDefault("kwargs") is { IsEmpty: false };

    static Grant Named(string who, IReadOnlyList<string> functions, string pattern) => new(who, functions, pattern, $"the pattern {pattern}", IsLimited: false);
}
