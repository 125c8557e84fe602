namespace Ratchet.Agent.Checks.Salt;

/// <summary>The rules about Salt, through which alone hosts are changed: its minion on every host, its master on one.</summary>
static class SaltRules
{
    static readonly Controls Changes = new(["164.308(a)(8)", "164.308(a)(1)(ii)(B)", "164.312(c)(1)"], ["09.b", "10.k", "10.h", "06.h"]);
    static readonly Controls Command = new(["164.312(a)(1)", "164.312(d)", "164.308(a)(1)(ii)(B)"], ["01.c", "01.q", "10.k"]);

    public static readonly Rule MinionRunning = new(
        "salt.minion-running", "The Salt minion runs", Severity.Medium,
        "A host without its minion is changed by hand from then on, and drifts from what was reviewed.",
        "systemctl enable --now salt-minion, and read its log where it stops again.",
        Changes);

    public static readonly Rule MasterPinned = new(
        "salt.master-pinned", "The minion takes orders from the master whose key is known beforehand alone", Severity.High,
        "Without a fingerprint the minion trusts whoever answers first under the master's name, and does as root what he says.",
        "Set master_finger to the fingerprint that `salt-key -F master` shows on the master, or verify_master_pubkey_sign: True with master_sign.pub in the pki directory; restart the minion.",
        Command);

    public static readonly Rule KeysProtected = new(
        "salt.keys-protected", "Salt's private keys are their owner's alone, and nobody else can exchange the keys that it trusts", Severity.High,
        "Who has the minion's key gets its pillar, with the secrets in it; who has the master's commands every host.",
        "chmod 0400 the .pem files, 0700 the pki directory, and give both to the user that the daemon runs as.",
        new Controls(["164.312(a)(1)", "164.312(d)", "164.312(a)(2)(iv)"], ["10.g", "01.c"]));

    public static readonly Rule MinionConfigSafe = new(
        "salt.minion-config-safe", "The minion's configuration opens no door: no open mode, and the commands that the policy forbids are forbidden", Severity.High,
        "In open mode the minion does not check the master's key at all: whoever can redirect its traffic is root here.",
        "Remove open_mode and auto_accept, list the policy's patterns in cmd_blacklist_glob, restart the minion.",
        Command);

    public static readonly Rule HighstateRecent = new(
        "salt.highstate-recent", "A highstate was applied within the time that the policy gives", Severity.Medium,
        "What Salt does not apply again and again is what somebody once typed: changes by hand stay, reviewed ones never arrive.",
        "Run state.apply from a schedule, with cache_jobs: True in the minion's configuration so that the host can show it; where it is there, read why it did not run.",
        Changes);

    public static readonly Rule DriftFree = new(
        "salt.drift-free", "The host is as Salt's last highstate left it, without a state that failed or waits", Severity.Medium,
        "A state that fails is a promise of the reviewed configuration that this host does not keep.",
        "Run state.apply by hand on the host and mend each state that it shows in red or yellow.",
        Changes);

    public static readonly Rule MasterRestricted = new(
        "salt.master-restricted", "The Salt master accepts no key by itself, and only named accounts command it", Severity.Critical,
        "Who gets a key accepted receives pillar with its secrets; who may publish is root on every host.",
        "Remove auto_accept, open_mode and autosign entries, name functions in publisher_acl, external_auth and peer whole and with $ at the end (Salt compares the beginning alone: cmd is cmd.run, state.s is state.single), remove file_recv; restart the master.",
        Command);

    public static IReadOnlyList<Rule> All { get; } = [MinionRunning, MasterPinned, KeysProtected, MinionConfigSafe, HighstateRecent, DriftFree, MasterRestricted];
}
