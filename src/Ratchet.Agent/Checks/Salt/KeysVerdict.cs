using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Salt;

/// <summary>Modes and owners of Salt's keys. The keys themselves are not opened.</summary>
static class KeysVerdict
{
    const int Others = 0b000_111_111;

    public static Finding OfMinion(Machine machine, SaltConfig config)
    {
        var pki = config.PathOf("pki_dir", "/etc/salt/pki/minion");
        return Judge(machine, "minion", pki, config.Text("user") ?? "root", ["minion.pem"], ["", "minion.pub", "minion_master.pub", "master_sign.pub"]);
    }

    /// <summary>Since 3006 the packages run the master as <c>salt</c>.</summary>
    public static Finding OfMaster(Machine machine, SaltConfig config)
    {
        var pki = config.PathOf("pki_dir", "/etc/salt/pki/master");
        return Judge(machine, "master", pki, config.Text("user") ?? "salt", ["master.pem", (config.Text("master_sign_key_name") ?? "master_sign") + ".pem"], ["", "master.pub", "minions", "minions_pre", "minions_autosign"]);
    }

    static Finding Judge(Machine machine, string subject, string pki, string user, string[] secrets, string[] trusted)
    {
        var rule = SaltRules.KeysProtected;
        if (machine.Status($"{pki}/{secrets[0]}") is null) return Finding.NotApplicable(rule, subject, $"there is no {pki}/{secrets[0]}: the {subject} has not made its key yet");
        var users = new UserNames(machine);
        var bad = new List<string>();
        foreach (var name in secrets)
            if (machine.Status($"{pki}/{name}") is { } key && ((key.Mode & Others) != 0 || !IsOwner(key.Uid))) bad.Add($"{pki}/{name} {key.OctalMode} {users.Of(key.Uid)}");
        foreach (var name in trusted)
            if (machine.Status($"{pki}/{name}".TrimEnd('/')) is { } file && (file.WritableByOthers || !IsOwner(file.Uid))) bad.Add($"{$"{pki}/{name}".TrimEnd('/')} {file.OctalMode} {users.Of(file.Uid)}");
        var evidence = new Evidence { { "files", bad.Count > 0 ? bad : null }, { "owner", user } };
        return bad.Count > 0
            ? Finding.Fail(rule, subject, $"others than {(user == "root" ? "root" : $"{user} and root")} can read or exchange keys of the {subject}: {string.Join(", ", bad.Take(3))}", evidence)
            : Finding.Pass(rule, subject, $"the keys of the {subject} are {(user == "root" ? "root's" : $"{user}'s and root's")} alone", evidence);

        bool IsOwner(uint uid) => uid == 0 || users.Of(uid) == user;
    }
}
