using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Ratchet.Agent.Benchmarks;

/// <summary>CPU time, user and system, of work in this process and of commands; and the line that compares two of them.</summary>
static unsafe partial class CpuTime
{
    const int Rounds = 9;

    public static void Compare(string name, string left, double ours, string right, double theirs) =>
        Console.WriteLine($"{name}: {left} {ours:0.0} ms CPU, {right} {theirs:0.0} ms CPU, ratio {ours / theirs:0.00}");

    public static double Median(Func<double> measure) => Enumerable.Range(0, Rounds).Select(_ => measure()).Order().ElementAt(Rounds / 2);

    public static double OwnTime<T>(Func<T> work)
    {
        var before = Environment.CpuUsage.TotalTime;
        GC.KeepAlive(work());
        return (Environment.CpuUsage.TotalTime - before).TotalMilliseconds;
    }

    /// <summary>Runs a command with its output thrown away and returns its CPU time.</summary>
    public static double Run(string program, params string[] arguments)
    {
        var before = ChildrenTime();
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return ChildrenTime() - before;
    }

    /// <summary>User and system time of the children that have ended, in ms; the holders have not.</summary>
    static double ChildrenTime()
    {
        const int children = -1;
        var usage = stackalloc long[18];
        if (getrusage(children, usage) != 0) throw new InvalidOperationException("getrusage");
        return ((usage[0] + usage[2]) * 1000.0) + ((usage[1] + usage[3]) / 1000.0);
    }

    [LibraryImport("libc")]
    private static partial int getrusage(int who, long* usage);
}
