namespace Ratchet.Agent.Checks.Sshd;

/// <summary>The rules on sshd that are not a matter of one setting.</summary>
static class SshdRules
{
    static readonly Controls Change = new(["164.308(a)(8)", "164.312(a)(1)", "164.312(c)(1)"], ["09.b", "10.k", "10.h", "06.h"]);

    public static readonly Rule ConfigValid = new("sshd.config-valid", "sshd accepts its configuration", Severity.High,
        "sshd does not start with a configuration that it refuses: the next restart or reboot locks everybody out.",
        "Correct the line that sshd names, check with sshd -t, and keep a session open until a new one works.", Change);

    public static readonly Rule RunningConfigCurrent = new("sshd.running-config-current", "The running sshd does what its files say", Severity.High,
        "A daemon that was not reloaded goes on with what was forbidden since; a look at the files shows what is not in force.",
        "Reload (systemctl reload ssh), or restart where the binary or the unit changed; sessions survive both.", Change);

    public static readonly Rule HostKeyFiles = new("sshd.host-key-files", "Host keys are long enough and readable by root alone", Severity.High,
        "Who can read or break a host key can stand in for the host and read every session that goes through him.",
        "chown root:root and chmod 0600 the key; replace a DSA key or a short RSA key (ssh-keygen -t ed25519) and announce the new fingerprint.",
        new Controls(["164.312(a)(1)", "164.312(e)(2)(ii)", "164.312(a)(2)(iv)"], ["10.g", "10.f", "06.d"]));

    public static readonly Rule AuthorizedKeys = new("sshd.authorized-keys", "Keys that open an account are strong, current and its owner's alone to change", Severity.High,
        "A weak or expired key, or a key file that others can write, is a way in that no password policy sees.",
        "Remove the named line, or correct owner and mode of the named path; keys that a command or an authority supplies are reviewed at their source.",
        new Controls(["164.308(a)(4)(ii)(C)", "164.308(a)(4)(ii)(B)", "164.308(a)(3)(ii)(C)", "164.312(d)"], ["01.b", "02.i", "01.e", "01.q"]));

    public static IReadOnlyList<Rule> All { get; } =
    [
        ConfigValid, .. SettingRules.All.Select(setting => setting.Rule), .. AlgorithmRules.All.Select(setting => setting.Rule),
        RunningConfigCurrent, HostKeyFiles, AuthorizedKeys,
    ];
}
