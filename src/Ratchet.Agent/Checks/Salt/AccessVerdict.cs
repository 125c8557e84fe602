namespace Ratchet.Agent.Checks.Salt;

/// <summary>Whether the access lists of a master give away functions that do whatever their caller wants.</summary>
static class AccessVerdict
{
    const int PatternLimit = 1000;

    static readonly string[] Names = ["publisher_acl", "external_auth", "peer", "peer_run"];

    /// <summary>Modules of external_auth with access lists of their own.</summary>
    static readonly string[] Elsewhere = ["django", "rest"];

    /// <param name="weak">What is given away, one line a setting.</param>
    /// <param name="unread">What is not judged.</param>
    public static void Judge(SaltConfig config, List<string> weak, List<string> unread)
    {
        var lists = Names.Where(config.IsOn).ToArray();
        if (lists.Length > 0 && config.IsOn("auth.enable_expanded_auth_matching"))
        {
            unread.Add("auth.enable_expanded_auth_matching has access lists read in a way that is not judged");
            return;
        }
        foreach (var name in lists) Judge(config, name, weak, unread);
        if (config["external_auth"] is not { IsEmpty: false, Entries: { } systems }) return;
        if (config.IsOn("eauth_acl_module")) unread.Add("eauth_acl_module says who may do what, not this configuration alone");
        foreach (var system in Elsewhere.Where(systems.ContainsKey)) unread.Add($"external_auth asks {system} who may do what, not this configuration alone");
    }

    static void Judge(SaltConfig config, string name, List<string> weak, List<string> unread)
    {
        var obstacles = new List<string>();
        try
        {
            var grants = AccessLists.Of(name, config[name]!).DistinctBy(grant => (grant.Functions, grant.Pattern, grant.IsLimited)).Take(PatternLimit + 1).ToArray();
            if (grants.Length > PatternLimit) obstacles.Add($"{name} has more patterns than are read");
            var given = grants.Take(PatternLimit).Select(grant => Given(config, name, grant, obstacles)).FirstOrDefault(words => words is not null);
            if (given is not null) weak.Add(given);
        }
        catch (FormatException e)
        {
            obstacles.Add(e.Message);
        }
        unread.AddRange(obstacles.Take(1));
    }

    /// <summary>What the grant gives away; null where it gives nothing away, or that is an obstacle.</summary>
    static string? Given(SaltConfig config, string name, Grant grant, List<string> obstacles)
    {
        try
        {
            if (SaltPattern.FirstMatch(grant.Pattern, grant.Functions) is not { } function) return null;
            var given = $"{name} gives {Printable.Clean(grant.Who, 128)} {function} by {Printable.Clean(grant.By, 80)}";
            var obstacle = grant.IsLimited ? "what the conditions on its arguments leave of it is not judged" : IsTakenBack(config, name, grant) ? "what publisher_acl_blacklist takes back of it is not judged" : null;
            if (obstacle is null) return given;
            obstacles.Add($"{given}; {obstacle}");
        }
        catch (FormatException e)
        {
            obstacles.Add($"{name} of {Printable.Clean(grant.Who, 128)}: {e.Message}");
        }
        return null;
    }

    /// <summary>The blacklist is asked about what accounts have minions do, not about minions, runners and wheels.</summary>
    static bool IsTakenBack(SaltConfig config, string name, Grant grant) =>
        name is "publisher_acl" or "external_auth" && grant.Functions == AccessLists.OfMinions
        && config["publisher_acl_blacklist"]?.Entries?.Values.Any(value => !value.IsEmpty) == true;
}
