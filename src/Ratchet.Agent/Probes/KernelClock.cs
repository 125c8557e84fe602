using System.Runtime.InteropServices;

namespace Ratchet.Agent.Probes;

/// <summary>What the kernel says of its clock (adjtimex(2)). Time daemons tell it; it forgets by itself when they fall silent.</summary>
/// <param name="IsSynchronised">STA_UNSYNC is not set. The kernel sets it once the greatest error has grown to 16 s.</param>
/// <param name="GreatestError">
/// By how much the clock may be wrong. It grows by 500 µs a second from the last correction, so that it is also an age.
/// </param>
sealed partial record KernelClock(bool IsSynchronised, TimeSpan GreatestError)
{
    const int Unsynchronised = 0x40;

    /// <summary>By what part of the time a clock goes wrong at most that nothing corrects: the kernel's own measure (MAXFREQ, 500 parts in a million).</summary>
    public const double Drift = 500e-6;

    /// <summary>How long ago the last correction was at most.</summary>
    public TimeSpan CorrectedWithin => GreatestError / Drift;

    /// <summary>Null where the kernel was not asked: on a recorded host, or where the sandbox takes the call away.</summary>
    public static unsafe KernelClock? Read(Machine machine)
    {
        if (!machine.IsLive) return null;
        var state = default(Timex);
        return adjtimex(&state) < 0 ? null : new KernelClock((state.Status & Unsynchronised) == 0, TimeSpan.FromMicroseconds(state.MaxError));
    }

    /// <summary>struct timex of x86-64, of which nothing is set: modes 0 only asks.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 208)]
    struct Timex
    {
        public uint Modes;
        public long Offset, Frequency, MaxError, EstimatedError;
        public int Status;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int adjtimex(Timex* state);
}
