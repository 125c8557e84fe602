using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Jvm;

/// <summary>What a process's memory map says of its JVM, whatever its options said.</summary>
/// <param name="HasDebugger">libjdwp is loaded.</param>
/// <param name="Replaced">A library of the JVM was removed or replaced since it was loaded.</param>
sealed record JavaMaps(bool HasDebugger, bool Replaced)
{
    const int Limit = 16 << 20;

    /// <summary>Null where the process has ended.</summary>
    /// <exception cref="IOException">It may not be read.</exception>
    public static JavaMaps? Read(Machine machine, int pid) => machine.ReadText($"/proc/{pid}/maps", Limit) is { Length: > 0 } text ? Parse(text) : null;

    internal static JavaMaps Parse(string text) => new(text.Contains("/libjdwp.so", StringComparison.Ordinal), text.Contains("/libjvm.so (deleted)", StringComparison.Ordinal));
}
