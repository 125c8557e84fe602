using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Ratchet.Agent.Shipping;

namespace Ratchet.Agent.Benchmarks;

/// <summary>
/// A batch into the spool, against the least that keeps it over a power cut: write, fdatasync, rename, sync of the directory, in a
/// plain loop over the same bytes. Turn by turn, so that both meet the same disk.
/// </summary>
static partial class SpoolBenchmark
{
    const int Rounds = 300;

    public static int Start()
    {
        foreach (var count in (int[])[1, 30, 500])
        {
            var folder = Directory.CreateTempSubdirectory("ratchet-bench-").FullName;
            try
            {
                Measure(folder, count);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        return 0;
    }

    static void Measure(string folder, int count)
    {
        var lines = Enumerable.Range(0, count).Select(i => new string((char)('A' + (i % 26)), 1500)).ToArray();
        var content = Encoding.ASCII.GetBytes(string.Concat(lines.Select(line => line + "\n")));
        var spool = new Spool(folder + "/spool");
        Directory.CreateDirectory(folder + "/raw");
        var (ours, raw) = (0L, 0L);
        for (var i = 1; i <= Rounds; i++)
        {
            var started = Stopwatch.GetTimestamp();
            spool.Commit(new Batch(i, 1, count), lines);
            ours += Stopwatch.GetTimestamp() - started;
            started = Stopwatch.GetTimestamp();
            Keep(folder + "/raw", $"{i}", content);
            raw += Stopwatch.GetTimestamp() - started;
        }
        Console.WriteLine($"spool-append of {count} records: {Milliseconds(ours):0.000} ms, write + fdatasync + rename + directory sync {Milliseconds(raw):0.000} ms, ratio {(double)raw / ours:0.00} of the limit's speed");
    }

    static double Milliseconds(long ticks) => ticks * 1000.0 / Stopwatch.Frequency / Rounds;

    static void Keep(string directory, string name, byte[] content)
    {
        const int writeNew = 0x41, directoryOnly = 0x10000;
        var file = Must(open($"{directory}/{name}.tmp", writeNew, 0x180));
        Must(write(file, content, content.Length) == content.Length ? 0 : -1);
        Must(fdatasync(file));
        Must(close(file));
        Must(rename($"{directory}/{name}.tmp", $"{directory}/{name}"));
        var parent = Must(open(directory, directoryOnly, 0));
        Must(fsync(parent));
        Must(close(parent));
    }

    static int Must(int result) => result >= 0 ? result : throw new IOException(Marshal.GetLastPInvokeErrorMessage());

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int file, byte[] content, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(int file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int file);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rename(string from, string to);
}
