namespace Ratchet.Agent.Checks.Jvm;

/// <summary>Whether a JVM is root, or may become it.</summary>
static class RootVerdict
{
    // capabilities(7): each of these is a way to root. CAP_NET_BIND_SERVICE, which a port below 1024 takes, is none.
    static readonly (int Bit, string Name)[] Powers =
    [
        (0, "CAP_CHOWN"), (1, "CAP_DAC_OVERRIDE"), (2, "CAP_DAC_READ_SEARCH"), (3, "CAP_FOWNER"), (6, "CAP_SETGID"), (7, "CAP_SETUID"), (8, "CAP_SETPCAP"), (12, "CAP_NET_ADMIN"),
        (16, "CAP_SYS_MODULE"), (17, "CAP_SYS_RAWIO"), (18, "CAP_SYS_CHROOT"), (19, "CAP_SYS_PTRACE"), (21, "CAP_SYS_ADMIN"), (27, "CAP_MKNOD"), (31, "CAP_SETFCAP"), (33, "CAP_MAC_ADMIN"), (39, "CAP_BPF"),
    ];

    public static Finding Judge(JavaProcess process, string subject)
    {
        var rule = JvmRules.NotRoot;
        var powers = Powers.Where(power => (process.Credentials.Capabilities >> power.Bit & 1) == 1).Select(power => power.Name).ToArray();
        var evidence = new Evidence { { "user", process.User }, { "capabilities", powers } };
        return process.Credentials.Uids.Contains(0u) ? Finding.Fail(rule, subject, "it runs as root", evidence)
            : powers.Length > 0 ? Finding.Fail(rule, subject, $"it runs as {process.User} with powers of root: {string.Join(", ", powers)}", evidence)
            : Finding.Pass(rule, subject, $"it runs as {process.User}", evidence);
    }
}
