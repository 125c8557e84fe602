using Ratchet.Agent.Checks.Sshd;

namespace Ratchet.Agent.Checks.Access;

/// <summary>By which of its settings sshd turns an account away from wherever it comes (sshd_config(5)).</summary>
static class SshdRefusal
{
    /// <param name="settings">What holds for the account, in each context that it can be in.</param>
    /// <returns>Null where one of them may let it in.</returns>
    public static string? Of(IEnumerable<EffectiveConfig> settings, Account account, Accounts accounts, ShadowEntry? shadow)
    {
        string? refusal = null;
        foreach (var config in settings)
            if ((refusal = Of(config, account, accounts, shadow)) is null) return null;
        return refusal;
    }

    static string? Of(EffectiveConfig config, Account account, Accounts accounts, ShadowEntry? shadow)
    {
        var groups = accounts.GroupsOf(account.Name).ToArray();
        return account.Uid == 0 && config.Get("permitrootlogin") == "no" ? "PermitRootLogin no"
            : config.All("denyusers").Any(entry => Wildcard.Matches(entry, account.Name)) ? "DenyUsers"
            // NAME@ADDRESS may let it in from there.
            : config.All("allowusers") is { Count: > 0 } users && !users.Any(entry => Wildcard.Matches(entry.Split('@')[0], account.Name)) ? "AllowUsers"
            : config.All("denygroups").Any(entry => groups.Any(group => Wildcard.Matches(entry, group))) ? "DenyGroups"
            // A directory may know more groups.
            : config.All("allowgroups") is { Count: > 0 } allowed && !accounts.HasDirectory && !allowed.Any(entry => groups.Any(group => Wildcard.Matches(entry, group))) ? "AllowGroups"
            : config.Get("usepam") == "no" && shadow is { IsBarred: true } ? "its password is locked, and UsePAM no"
            : null;
    }
}
