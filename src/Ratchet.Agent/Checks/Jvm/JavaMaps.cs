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
    public static JavaMaps? Read(Machine machine, int pid) => machine.ReadBytes($"/proc/{pid}/maps", Limit) is { Length: > 0 } maps
        ? new JavaMaps(Has(maps, "/libjdwp.so"u8), Has(maps, "/libjvm.so (deleted)"u8)) : null;

    /// <summary>Whether a process has HotSpot in it; false where it has ended.</summary>
    /// <exception cref="IOException">It may not be read.</exception>
    public static bool HasJvm(Machine machine, int pid) => machine.ReadBytes($"/proc/{pid}/maps", Limit) is { } maps && Has(maps, "/libjvm.so"u8);

    static bool Has(byte[] maps, ReadOnlySpan<byte> name) => maps.AsSpan().IndexOf(name) >= 0;
}
