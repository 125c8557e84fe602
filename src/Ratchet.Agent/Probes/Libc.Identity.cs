using System.Runtime.InteropServices;

namespace Ratchet.Agent.Probes;

/// <summary>Whom the kernel takes this process for.</summary>
static unsafe partial class Libc
{
    public static uint EffectiveUser => geteuid();

    /// <summary>Makes this process, all of its threads, another user's without supplementary groups and capabilities; there is no way back.</summary>
    public static void Become(uint user, uint group)
    {
        if (setgroups(0, null) < 0) throw Failure("setgroups");
        if (setresgid(group, group, group) < 0) throw Failure("setresgid");
        if (setresuid(user, user, user) < 0) throw Failure("setresuid");
    }

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setgroups(nuint count, uint* groups);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setresgid(uint real, uint effective, uint saved);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setresuid(uint real, uint effective, uint saved);
}
