using System.Runtime.InteropServices;

namespace Ratchet.Agent.Probes;

/// <summary>
/// Keeps this process's memory out of core dumps (core(5)): RLIMIT_CORE 0 makes none, and an empty coredump_filter leaves all
/// memory out of one that is made all the same: by a handler behind a pipe, which RLIMIT_CORE does not bind, by a raised limit, or by
/// gdb's gcore. Commands that the agent runs inherit both. (PR_SET_DUMPABLE 0 would also hide /proc/self from an agent without privileges.)
/// </summary>
static unsafe partial class CoreDump
{
    const int CoreLimit = 4;

    /// <exception cref="IOException">The kernel refused the limit.</exception>
    public static void Forbid()
    {
        var softAndHard = stackalloc ulong[2];
        if (getrlimit(CoreLimit, softAndHard) != 0) throw Libc.Failure("getrlimit(RLIMIT_CORE)");
        softAndHard[0] = 0;
        if (setrlimit(CoreLimit, softAndHard) != 0) throw Libc.Failure("setrlimit(RLIMIT_CORE)");
        try
        {
            File.WriteAllText("/proc/self/coredump_filter", "0");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A kernel without CONFIG_ELF_CORE has no such file and makes no dumps; where /proc is read-only the limit stands alone.
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrlimit(int resource, ulong* softAndHard);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, ulong* softAndHard);
}
