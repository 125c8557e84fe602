namespace Ratchet.Agent.Checks.Access.Sudo;

/// <summary>What a Defaults line is bound to, in the order in which sudo applies them: a later one wins.</summary>
enum DefaultsScope { All, Host, User, RunAs, Command }

/// <summary>A setting of a Defaults line.</summary>
/// <param name="Operator"><c>=</c>, <c>+</c>, <c>-</c>; <c>!</c> turns off; a blank turns on.</param>
readonly record struct SudoSetting(string Name, char Operator, string Value);

/// <summary>One Defaults line.</summary>
/// <param name="Members">Whom it is bound to; empty where it is for all.</param>
sealed record SudoDefault(DefaultsScope Scope, IReadOnlyList<SudoMember> Members, IReadOnlyList<SudoSetting> Settings, string Place);

/// <summary>The Defaults lines that say who may set which environment, what a command may start, and how the host is called.</summary>
sealed class SudoDefaults
{
    static readonly string[] Read = ["setenv", "env_reset", "env_keep", "env_delete", "noexec", "fqdn"];

    // What the loader of programs takes libraries from.
    static readonly string[] LoaderVariables = ["LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT"];

    readonly List<SudoDefault> lines = [];

    public int Count => lines.Count;

    /// <summary>Takes a line that begins with the word Defaults, where it has a setting that matters here.</summary>
    /// <exception cref="FormatException">The line is not one that sudo accepts.</exception>
    public void Add(string text, string place)
    {
        if (!Read.Any(name => text.Contains(name, StringComparison.Ordinal))) return;
        var rest = text["Defaults".Length..];
        var scope = rest.Length == 0 ? DefaultsScope.All : rest[0] switch { '@' => DefaultsScope.Host, ':' => DefaultsScope.User, '>' => DefaultsScope.RunAs, '!' => DefaultsScope.Command, _ => DefaultsScope.All };
        var line = new SudoLine(scope == DefaultsScope.All ? rest : rest[1..]);
        var members = scope == DefaultsScope.All ? [] : SudoSpec.List(line, one => one.Word());
        var settings = Settings(line).Where(Matters).ToList();
        if (settings.Count > 0) lines.Add(new SudoDefault(scope, members, settings, place));
    }

    static List<SudoSetting> Settings(SudoLine line)
    {
        var settings = new List<SudoSetting>();
        do
        {
            var isOff = false;
            while (line.Take('!')) isOff = !isOff;
            settings.Add(line.Setting(isOff));
        }
        while (line.Take(','));
        return line.IsAtEnd ? settings : throw new FormatException("unexpected text after the settings");
    }

    /// <summary>What is added to a list, or taken from it, matters where it is a variable of the loader.</summary>
    static bool Matters(SudoSetting setting) =>
        Read.Contains(setting.Name) && (setting.Operator is not ('+' or '-') || Patterns(setting).Any());

    /// <summary>The value of a flag where these lines apply; null where it hangs on one of which that is not known.</summary>
    /// <param name="otherwise">Without any line.</param>
    /// <param name="applies">Whether a line is for the account, host and command in question.</param>
    public bool? Flag(string name, bool otherwise, Func<SudoDefault, bool?> applies)
    {
        bool? value = otherwise;
        foreach (var (setting, isFor) in Of(name, applies))
        {
            var isOn = setting.Operator != '!';
            if (isFor || value != isOn) value = isFor ? isOn : null;
        }
        return value;
    }

    /// <summary>Whether a variable that makes the loader load a library comes through from the caller; null where that cannot be told.</summary>
    public bool? LetsLoaderThrough(Func<SudoDefault, bool?> applies) => Flag("env_reset", true, applies) switch
    {
        true => Has("env_keep", [], applies),
        false => !Has("env_delete", ["LD_*"], applies),
        null => Has("env_keep", [], applies) == false && Has("env_delete", ["LD_*"], applies) == true ? false : null,
    };

    /// <summary>Whether a list of variables names one of the loader's.</summary>
    bool? Has(string name, HashSet<string> list, Func<SudoDefault, bool?> applies)
    {
        var isSure = true;
        foreach (var (setting, isFor) in Of(name, applies))
        {
            isSure = isFor && (isSure || setting.Operator is '!' or '=');
            if (setting.Operator is '!' or '=') list.Clear();
            if (setting.Operator == '-') list.ExceptWith(Patterns(setting));
            else list.UnionWith(Patterns(setting));
        }
        return isSure ? list.Count > 0 : null;
    }

    /// <summary>The settings that count, in sudo's order; false with one where it is not known whether it does.</summary>
    IEnumerable<(SudoSetting Setting, bool IsFor)> Of(string name, Func<SudoDefault, bool?> applies) =>
        from line in lines.OrderBy(line => line.Scope is DefaultsScope.Host or DefaultsScope.User ? DefaultsScope.All : line.Scope)
        from setting in line.Settings
        where setting.Name == name
        let isFor = applies(line)
        where isFor != false
        select (setting, isFor == true);

    /// <summary>NAME, NAME* and NAME=VALUE, a blank between.</summary>
    static IEnumerable<string> Patterns(SudoSetting setting) => setting.Value.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)
        .Where(word => Array.Exists(LoaderVariables, variable => Wildcard.Matches(word.Split('=')[0], variable)));
}
