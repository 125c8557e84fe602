using System.Globalization;
using Ratchet.Agent.Checks.Sshd;

namespace Ratchet.Agent.Checks.Access.Sudo;

/// <summary>A command that one account may run as another.</summary>
/// <param name="RunAs">Whom as, comma between; <c>root</c>, <c>ALL</c>, or <c>:GROUP</c> as oneself in another group, <c>:</c> as oneself.</param>
/// <param name="Command"><c>ALL</c>, or as sudoers(5) writes it, aliases filled in.</param>
/// <param name="IsForAll">The rule names every account.</param>
/// <param name="SetsEnvironment">SETENV: the caller may set any variable, LD_PRELOAD too.</param>
/// <param name="Doubt">What the right hangs on that the files do not show (a netgroup, an address of the host); null: it is certain.</param>
/// <param name="StartsNone">The command may start no other; null where that cannot be told.</param>
sealed record SudoRight(string RunAs, string Command, bool NoPassword, string Place, bool IsForAll, string? Doubt, bool? SetsEnvironment = false, bool? StartsNone = false)
{
    public bool IsCertain => Doubt is null;

    /// <summary>Whether it makes root of the account; null where that cannot be told.</summary>
    public bool? MeansRoot
    {
        get
        {
            if (!RunsAsRoot) return false;
            var byCommand = RootCommands.IsRoot(Command, StartsNone);
            return SetsEnvironment == true || byCommand == true ? true : SetsEnvironment is null || byCommand is null ? null : false;
        }
    }

    public bool RunsAsRoot => RunAs.Split(',').Any(name => name is "ALL" or "root" or "#0" or ":root" or ":ALL");

    public override string ToString() => $"{(RunAs is "root" or "ALL" ? "" : $"({RunAs}) ")}{(SetsEnvironment == true ? "SETENV: " : "")}{Command}";
}

/// <summary>
/// What each account may do by sudo: every command that a rule for it allows on this host. A command taken out of ALL
/// (<c>ALL, !/bin/su</c>) limits nothing, for it can be copied; one that takes out the same text again does.
/// </summary>
sealed class SudoRights(Sudoers sudoers, Accounts accounts, DateTimeOffset now)
{
    const int AliasDepth = 64;
    const string Unshown = "what the files do not show";

    // Of ten thousand rules most name one account: of those that do only the account's own are looked at.
    readonly ILookup<string?, int> byUser = Enumerable.Range(0, sudoers.Privileges.Count).ToLookup(i => OnlyUser(sudoers.Privileges[i]));

    public IReadOnlyList<SudoRight> Of(Account account)
    {
        var rights = new List<SudoRight>();
        var applied = new Dictionary<SudoDefault, bool?>();
        foreach (var privilege in byUser[account.Name].Concat(byUser[null]).Order().Select(i => sudoers.Privileges[i]))
        {
            var user = List(privilege.Users, "User", text => NamesUser(text, account));
            var place = List(privilege.Hosts, "Host", NamesHost);
            if (user == false || place == false) continue;
            var doubt = place is null && privilege.Hosts.Any(IsFullName) ? "the host's full name, which the resolver says" : user is null || place is null ? Unshown : null;
            foreach (var command in privilege.Commands) Take(privilege, command, doubt, rights, line => Applies(line, account, applied));
        }
        return rights;
    }

    /// <summary>Null where it names more than one account, or not by name.</summary>
    static string? OnlyUser(SudoPrivilege privilege) =>
        privilege.Users is [{ IsNegated: false, IsAlias: false } user] && user.Text is not ("ALL" or ['%' or '+' or '#', ..]) ? user.Text : null;

    void Take(SudoPrivilege privilege, SudoCommand command, string? doubt, List<SudoRight> rights, Func<SudoDefault, bool?> applies)
    {
        if (command.NotAfter is { } end)
        {
            if (Time(end) is not { } ends) doubt ??= Unshown;
            else if (ends < now) return;
        }
        var runAs = command.RunAs is { } users ? string.Join(',', Expand(users, "Runas").Where(user => !user.IsNegated).Select(user => user.Text)) : command.RunAsGroups is null ? "root" : "";
        if (runAs.Length == 0) runAs = ":" + string.Join(',', Expand(command.RunAsGroups ?? [], "Runas").Where(group => !group.IsNegated).Select(group => group.Text));
        var isForAll = privilege.Users.Any(user => user is { Text: "ALL", IsNegated: false });
        // An alias that is not defined names nothing.
        foreach (var (text, negated) in Expand([command.Command], "Cmnd").Where(one => !one.IsAlias))
        {
            if (negated) rights.RemoveAll(right => doubt is null && (right.Command == text || text == "ALL") && (right.RunAs == runAs || runAs == "ALL"));
            else if (text != "list") rights.Add(WithDefaults(new SudoRight(runAs, text, command.NoPassword, $"{privilege.File}:{privilege.Line}", isForAll, doubt, command.SetsEnvironment, command.StartsNone), applies));
        }
    }

    /// <summary>Fills in what the tags of the rule leave to the Defaults lines. A tag says nothing of env_keep.</summary>
    SudoRight WithDefaults(SudoRight right, Func<SudoDefault, bool?> applies)
    {
        if (!right.RunsAsRoot || sudoers.Defaults.Count == 0) return right with { SetsEnvironment = right.SetsEnvironment ?? false, StartsNone = right.StartsNone ?? false };
        bool? IsFor(SudoDefault line) => line.Scope == DefaultsScope.Command ? List(line.Members, "Cmnd", text => NamesCommand(text, right.Command)) : applies(line);
        var sets = right.SetsEnvironment ?? sudoers.Defaults.Flag("setenv", false, IsFor);
        if (sets != true && sudoers.Defaults.LetsLoaderThrough(IsFor) is not false and var lets) sets = lets;
        return right with { SetsEnvironment = sets, StartsNone = right.StartsNone ?? sudoers.Defaults.Flag("noexec", false, IsFor) };
    }

    /// <summary>Whether a Defaults line that names no commands is for what the account runs as root here.</summary>
    bool? Applies(SudoDefault line, Account account, Dictionary<SudoDefault, bool?> applied)
    {
        if (applied.TryGetValue(line, out var known)) return known;
        return applied[line] = line.Scope switch
        {
            DefaultsScope.Host => List(line.Members, "Host", NamesHost),
            DefaultsScope.User => List(line.Members, "User", text => NamesUser(text, account)),
            DefaultsScope.RunAs => List(line.Members, "Runas", text => text is "root" or "#0" ? true : text is ['%' or '+', ..] ? null : false),
            _ => true,
        };
    }

    /// <summary>Whether the text of a Defaults line names a command that the right allows.</summary>
    static bool? NamesCommand(string text, string command)
    {
        if (command == "ALL" || text == command || text == command.Split(' ')[0]) return true;
        return text.AsSpan().IndexOfAny("*?[^") >= 0 || text.EndsWith('/') || text.StartsWith(command + " ", StringComparison.Ordinal) ? null : false;
    }

    /// <summary>Aliases filled in; one that is not defined stands for itself, and as a name it may be one (a host in capitals).</summary>
    IEnumerable<SudoMember> Expand(IEnumerable<SudoMember> members, string kind, int depth = 0) => members.SelectMany(member =>
        member.IsAlias && depth < AliasDepth && sudoers.Alias(kind, member.Text) is { } inner
            ? Expand(inner, kind, depth + 1).Select(one => one with { IsNegated = one.IsNegated != member.IsNegated })
            : [member]);

    /// <summary>The last member that names it decides: true it is in, false it is not, null it cannot be told.</summary>
    bool? List(IReadOnlyList<SudoMember> members, string kind, Func<string, bool?> names)
    {
        var uncertain = false;
        foreach (var member in Expand(members, kind).Reverse())
        {
            var named = member.Text == "ALL" ? true : names(member.Text);
            if (named == true) return uncertain ? null : !member.IsNegated;
            uncertain |= named is null;
        }
        return uncertain ? null : false;
    }

    bool? NamesUser(string text, Account account) => text switch
    {
        ['+', ..] or ['%', ':', ..] => null,
        ['%', '#', .. var number] => uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var gid) ? InGroup(account, gid) : null,
        ['%', .. var name] => InGroup(account, name),
        ['#', .. var number] => uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var uid) ? uid == account.Uid : null,
        _ => text == account.Name,
    };

    /// <summary>Another name of a group counts with <c>Defaults match_group_by_gid</c> alone.</summary>
    bool? InGroup(Account account, string group) =>
        accounts.GroupsOf(account.Name).Contains(group) ? true : accounts.HasDirectory || accounts.AllGroupNamesOf(account.Name).Contains(group) ? null : false;

    bool? InGroup(Account account, uint gid) => account.Gid == gid || accounts.GroupIdsOf(account.Name).Contains(gid) ? true : accounts.HasDirectory ? null : false;

    bool? NamesHost(string text)
    {
        if (text.StartsWith('+')) return null;
        // An address of the host, or a network: what the host has changes with its interfaces.
        if (text.Length > 0 && char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiHexDigit(c) || c is '.' or '/' or ':')) return null;
        return sudoers.Host.Is(text);
    }

    bool IsFullName(SudoMember host) => Expand([host], "Host").Any(one => one.Text.Any(char.IsAsciiLetter) && one.Text.Contains('.', StringComparison.Ordinal));

    /// <summary>The generalized time of RFC 4517: YYYYMMDDHH[MM[SS]] and a Z or an offset; without either it is local.</summary>
    static DateTimeOffset? Time(string text)
    {
        string[] forms = ["yyyyMMddHH'Z'", "yyyyMMddHHmm'Z'", "yyyyMMddHHmmss'Z'"];
        return DateTimeOffset.TryParseExact(text, forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
    }
}
