using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Jvm;

/// <summary>What a process's memory map says of its JVM, whatever its options said.</summary>
/// <param name="HasDebugger">libjdwp is loaded.</param>
/// <param name="Replaced">A library of the JVM was removed or replaced since it was loaded.</param>
sealed record JavaMaps(bool HasDebugger, bool Replaced)
{
    /// <summary>Null where the process has ended.</summary>
    /// <exception cref="IOException">It may not be read.</exception>
    public static JavaMaps? Read(Machine machine, int pid)
    {
        var (debugger, replaced) = (false, false);
        var runs = ProcLines.Read(machine, $"/proc/{pid}/maps", line =>
        {
            debugger |= line.IndexOf("/libjdwp.so"u8) >= 0;
            replaced |= line.IndexOf("/libjvm.so (deleted)"u8) >= 0;
            return true;
        });
        return runs ? new JavaMaps(debugger, replaced) : null;
    }

    /// <summary>Whether a process has HotSpot in it; false where it has ended.</summary>
    /// <exception cref="IOException">It may not be read.</exception>
    public static bool HasJvm(Machine machine, int pid)
    {
        var found = false;
        ProcLines.Read(machine, $"/proc/{pid}/maps", line => !(found = line.IndexOf("/libjvm.so"u8) >= 0));
        return found;
    }
}
