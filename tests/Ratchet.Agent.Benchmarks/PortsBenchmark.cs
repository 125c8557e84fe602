using System.CommandLine;
using System.Diagnostics;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Cli;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using static Ratchet.Agent.Benchmarks.CpuTime;
using Command = Ratchet.Agent.Probes.Command;

namespace Ratchet.Agent.Benchmarks;

/// <summary>
/// The CPU time of the ports check beside that of <c>ss -Hlntup</c> over 10,000 listeners of 10 processes, and of the check
/// alone with 100,000 established connections and without. Runs in a network namespace of its own; needs root.
/// </summary>
static class PortsBenchmark
{
    const int Processes = 10, ListenersEach = 1000, ConnectionHolders = 12, ConnectionsEach = 8334, WarmUps = 30;

    static readonly string Self = Environment.ProcessPath!;

    // One role and one range: every listener is matched and judged twice, as on a host with a policy.
    static readonly Settings Policy = new() { Ports = new PortSettings { Allow = [new PortEntry { Port = new PortRange(1, 60000), Program = "/*" }] } };

    // As in the service: one check, kept from sweep to sweep.
    static readonly PortsCheck Ports = new(Policy);

    public static int Start()
    {
        using var process = Process.Start("unshare", ["--net", "--pid", "--fork", "--mount-proc", "--kill-child", "--", Self, "ports-inside"]);
        process.WaitForExit();
        return process.ExitCode;
    }

    public static int Measure()
    {
        Run("ip", "link", "set", "lo", "up");
        var listeners = Enumerable.Range(0, Processes).Select(n => Child("hold-listeners", $"{10_000 + (n * ListenersEach)}", $"{ListenersEach}")).ToArray();
        try
        {
            var first = Check();
            // The service sweeps for weeks: its code is compiled to the end.
            for (var warm = 0; warm < WarmUps; warm++) Check();
            Compare("ports-10k-listeners", "ours", Median(Check), "ss", Median(() => Run("ss", "-Hlntup")));
            Console.WriteLine($"ports-10k-listeners-first-run: ours {first:0} ms CPU");
            Console.WriteLine($"ports-10k-listeners-digest: ours {Median(Digest):0.0} ms CPU");
        }
        finally
        {
            foreach (var child in listeners) End(child);
        }
        // The same processes with one connection each, so that only the number of connections differs.
        var without = WithConnections(1, () => Median(Check));
        WithConnections(ConnectionsEach, () =>
        {
            Compare("ports-100k-connections", "with", Median(Check), "without", without);
            Console.WriteLine($"ports-100k-connections-digest: ours {Median(Digest):0.0} ms CPU, ss {Median(() => Run("ss", "-Hlntup")):0} ms CPU");
            return 0;
        });
        return 0;
    }

    /// <summary>The ports verb by itself, to be looked at with time(1) and strace(1).</summary>
    public static int Verb(string[] arguments) =>
        new RootCommand { PortsVerb.Create(_ => (new Machine("/", Command.RunAsync), Policy)) }.Parse(["ports", .. arguments]).Invoke();

    static double Check() => OwnTime(() => Ports.RunAsync(new Machine("/", Command.RunAsync), CancellationToken.None).GetAwaiter().GetResult());

    static double Digest() => OwnTime(() => Ports.DigestAsync(new Machine("/", Command.RunAsync), CancellationToken.None).AsTask().GetAwaiter().GetResult());

    static T WithConnections<T>(int each, Func<T> measure)
    {
        var holders = Enumerable.Range(1, ConnectionHolders).Select(n => Child("hold-connections", $"{n}", $"{each}")).ToArray();
        try
        {
            return measure();
        }
        finally
        {
            foreach (var child in holders) End(child);
        }
    }

    static Process Child(params string[] arguments)
    {
        var child = Process.Start(new ProcessStartInfo(Self, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        if (child.StandardOutput.ReadLine() != "ready") throw new InvalidOperationException(string.Join(' ', arguments) + " did not get ready");
        return child;
    }

    static void End(Process child)
    {
        child.StandardInput.Close();
        child.WaitForExit();
        child.Dispose();
    }
}
