using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Salt;

/// <summary>What the configurations of minion and master must not say.</summary>
static class ConfigVerdict
{
    public static Finding OfMinion(SaltConfig config, SaltSettings policy)
    {
        var weak = new List<string>();
        if (IsTrue(config, "open_mode")) weak.Add("open_mode is on: the master's key is not checked");
        if (IsTrue(config, "auto_accept")) weak.Add("auto_accept is on: nothing to a minion, everything to a master that gets this file");
        if (IsTrue(config, "permissive_pki_access")) weak.Add("permissive_pki_access is on: a group may read the keys");
        if (Allowed(config, policy) is { Length: > 0 } allowed) weak.Add($"cmd_blacklist_glob leaves out {string.Join(", ", allowed)}, which the policy forbids");
        return Judge(SaltRules.MinionConfigSafe, "minion", weak, [], "the minion's configuration opens no door");
    }

    /// <summary>What the policy forbids and the minion does not.</summary>
    static string[] Allowed(SaltConfig config, SaltSettings policy)
    {
        // Modules are disabled by the name of their file, which is cmdmod.py.
        if (config.List("disable_modules").Contains("cmdmod")) return [];
        var forbidden = config.List("cmd_blacklist_glob");
        return forbidden.Contains("*") ? [] : [.. policy.CommandBlacklist.Except(forbidden)];
    }

    public static Finding OfMaster(Machine machine, SaltConfig config)
    {
        var weak = new List<string>();
        if (IsTrue(config, "open_mode")) weak.Add("open_mode is on: every key is accepted");
        if (IsTrue(config, "auto_accept")) weak.Add("auto_accept is on: every key is accepted");
        if (config.Text("autosign_file") is { Length: > 0 } autosign && (machine.ReadText(autosign) ?? "").Split('\n').Any(line => line.Trim() is { Length: > 0 } text && text[0] != '#')) weak.Add($"{autosign} accepts keys by the name that a minion gives itself");
        if (config.Text("autosign_grains_dir") is { Length: > 0 } grains && machine.List(grains) is { Count: > 0 }) weak.Add($"{grains} accepts keys by what a minion says of itself");
        if (IsTrue(config, "permissive_pki_access")) weak.Add("permissive_pki_access is on: a group may read the keys");
        if (IsTrue(config, "file_recv")) weak.Add("file_recv is on: minions write files on the master");
        if (config["sign_pub_messages"]?.Truth == false) weak.Add("sign_pub_messages is off: orders are not signed");
        var unread = new List<string>();
        AccessVerdict.Judge(config, weak, unread);
        foreach (var api in new[] { "rest_cherrypy", "rest_tornado" })
            if (config[api]?.Entries?.GetValueOrDefault("disable_ssl")?.Truth == true) weak.Add($"{api} speaks without TLS");
        return Judge(SaltRules.MasterRestricted, "master", weak, unread, "the master accepts no key by itself and gives no account or minion everything");
    }

    static Finding Judge(Rule rule, string subject, List<string> weak, List<string> unread, string good) =>
        weak.Count > 0 ? Finding.Fail(rule, subject, string.Join("; ", weak), new Evidence { { "weaknesses", weak } })
        : unread.Count > 0 ? Finding.Unknown(rule, subject, string.Join("; ", unread))
        : Finding.Pass(rule, subject, good);

    /// <summary>As Salt compares these: nothing but YAML's true is on.</summary>
    static bool IsTrue(SaltConfig config, string name) => config[name]?.Truth == true;
}
