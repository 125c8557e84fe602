using Ratchet.Agent.Checks.Access.Sudo;

namespace Ratchet.Agent.Checks.Access;

/// <summary>Whether accounts may do no more than is registered, and whether each has one holder.</summary>
sealed class PrivilegeVerdicts(AccessView view)
{
    static readonly Rule Rule = AccessRules.LeastPrivilege;

    // Made by installers and cloud images, or named for nobody in particular.
    static readonly HashSet<string> Generic = ["admin", "administrator", "centos", "debian", "ec2-user", "fedora", "guest", "rocky", "support", "test", "ubuntu", "user", "vagrant"];

    public IEnumerable<Finding> Judge()
    {
        List<Finding> findings =
        [
            .. view.Accounts.All.Select(account => OfAccount(account, view.Today) is { } today ? view.Time.OnEachDay(day => day == view.Today ? today : OfAccount(account, day)!) : null).OfType<Finding>(),
            .. SharedKeys(),
            .. SudoForAll(),
            .. Blind(),
        ];
        return findings.Count > 0 ? findings
            : view.Accounts.Unseen.Count > 0 ? [Finding.Unknown(Rule, view.Accounts.Unseen[0].Subject, view.Accounts.Unseen[0].Reason)]
            : [Finding.Pass(Rule, "accounts", "no account but root has rights beyond its own, and no key opens two accounts")];
    }

    Finding? OfAccount(HostAccount account, DateOnly today)
    {
        if (Shared(account) is { } shared) return Finding.Fail(Rule, account.Name, shared, new Evidence { { "uid", account.Account.Uid }, { "ways_in", account.WaysIn(view.Now) } });
        if (account.Name == "root") return null;
        var rights = view.RightsOf(account.Account).Where(right => !right.IsForAll).ToList();
        var groups = view.RootGroupsOf(account.Name);
        if (rights.Count == 0 && groups.Count == 0) return null;
        var grant = view.Register.Account(account.Name);
        var allowed = grant is not null && grant.Void(today) is null ? grant.Account!.Sudo : [];
        var evidence = new Evidence { { "sudo", rights.Select(right => $"{right}{(right.NoPassword ? " without a password" : "")} ({right.Place})") }, { "groups", groups }, { "registered", allowed }, { "holder", grant?.Holder.Name } };
        if (allowed.Contains("ALL")) return Finding.Pass(Rule, account.Name, $"{account.Name} may become root, as registered for {grant!.Holder.Name}", evidence);
        if (!view.Register.IsConfigured) return Finding.Unknown(Rule, account.Name, $"{Register.Missing}; whether {account.Name} should have {(rights.Count > 0 ? $"{rights[0]} by sudo" : $"the group {groups[0]}")} cannot be told", evidence);
        if (groups.Count > 0) return Finding.Fail(Rule, account.Name, $"{account.Name} is in {string.Join(", ", groups)}, which is as good as root, and not registered to become root", evidence);
        var wide = rights.Where(right => !Covers(allowed, right)).ToList();
        if (wide.Find(right => right.IsCertain) is { } certain) return Finding.Fail(Rule, account.Name, $"{account.Name} may run {certain} by sudo ({certain.Place}), which is not registered{(wide.Count > 1 ? $" (and {wide.Count - 1} more)" : "")}", evidence);
        if (rights.Find(right => right is { MeansRoot: true, IsCertain: true }) is { } root) return Finding.Fail(Rule, account.Name, $"{account.Name} may run {root} by sudo ({root.Place}), which is as good as ALL, and ALL is not registered", evidence);
        if ((wide.Count > 0 ? wide[0] : rights.Find(right => right is { MeansRoot: not false, IsCertain: false })) is { } open) return Finding.Unknown(Rule, account.Name, $"whether {account.Name} may run {open} by sudo ({open.Place}) hangs on {open.Doubt}", evidence);
        return rights.Find(right => right.MeansRoot is null) is { } unclear
            ? Finding.Unknown(Rule, account.Name, $"whether {account.Name} becomes root by {unclear} ({unclear.Place}) hangs on Defaults lines of sudo that may be for it or not", evidence)
            : Finding.Pass(Rule, account.Name, $"{account.Name} may run by sudo what is registered for {grant!.Holder.Name}", evidence);
    }

    /// <summary>Why an account is nobody's own, or null.</summary>
    string? Shared(HostAccount account)
    {
        if (account.Account.Uid == 0 && account.Name != "root") return $"{account.Name} has the number 0: it is root under another name";
        if (account.Account.Uid != 0 && view.Accounts.All.FirstOrDefault(other => other != account && other.Account.Uid == account.Account.Uid) is { } twin)
            return $"{account.Name} and {twin.Name} have the same number, {account.Account.Uid}: the kernel cannot tell them apart";
        return Generic.Contains(account.Name) && account.WaysIn(view.Now).Count > 0 ? $"{account.Name} is nobody's name, and can be entered: who used it cannot be told" : null;
    }

    IEnumerable<Finding> SharedKeys() => view.Accounts.All
        .SelectMany(account => account.LiveKeys(view.Now).Where(key => !key.IsAuthority).Select(key => (account.Name, Key: key)))
        .GroupBy(found => found.Key.Fingerprint).Where(same => same.Select(found => found.Name).Distinct().Count() > 1)
        .Select(same => Finding.Fail(Rule, $"key {same.Key}", $"one key opens {string.Join(", ", same.Select(found => found.Name).Distinct().Take(10))}: who used them cannot be told apart", new Evidence { { "places", same.Select(found => found.Key.Place) } }));

    /// <summary>A rule for ALL users gives its command to every daemon too.</summary>
    IEnumerable<Finding> SudoForAll()
    {
        var right = view.Accounts.All.Where(account => account.Account.Uid != 0).SelectMany(account => view.RightsOf(account.Account)).Where(right => right.IsForAll).MaxBy(right => right.IsCertain);
        if (right is null) yield break;
        var evidence = new Evidence { { "place", right.Place } };
        yield return right.IsCertain
            ? Finding.Fail(Rule, "every account", $"every account of the host may run {right} by sudo ({right.Place})", evidence)
            : Finding.Unknown(Rule, "every account", $"whether every account of the host may run {right} by sudo ({right.Place}) hangs on {right.Doubt}", evidence);
    }

    IEnumerable<Finding> Blind()
    {
        if (view.Sudoers is { Problems: { Count: > 0 } problems }) yield return Finding.Unknown(Rule, "sudo", $"what sudo allows is not certain: {problems[0]}", new Evidence { { "problems", problems } });
        if (view.Machine.Status("/usr/bin/doas") is not null && view.Machine.Status("/etc/doas.conf") is not null) yield return Finding.Unknown(Rule, "doas", "/etc/doas.conf gives rights that this check does not read");
        var polkit = (view.Machine.List("/etc/polkit-1/rules.d") ?? []).Where(name => name.EndsWith(".rules", StringComparison.Ordinal)).ToList();
        if (polkit.Count > 0) yield return Finding.Unknown(Rule, "polkit", $"/etc/polkit-1/rules.d/{polkit[0]} is a program that gives rights, which this check does not read");
    }

    static bool Covers(IReadOnlyList<string> allowed, SudoRight right) =>
        allowed.Any(entry => entry == right.Command && right.RunAs is "root" or "ALL") || allowed.Contains($"({right.RunAs}) {right.Command}");
}
