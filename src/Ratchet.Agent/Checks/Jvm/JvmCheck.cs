using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Jvm;

/// <summary>
/// Judges every running JVM by what the kernel shows of it, and what it tells of itself. Nothing is asked of the JVM: attaching starts
/// a thread in it, and a connection to a debugger takes its only place.
/// </summary>
sealed class JvmCheck(JavaProcesses processes) : ICheck
{
    readonly DistributionPackage packages = new();
    IReadOnlyList<int> seen = [];

    public JvmCheck() : this(new JavaProcesses())
    {
    }

    public IReadOnlyList<Rule> Rules => JvmRules.All;

    public Task<IReadOnlyList<Finding>> RunAsync(Machine machine, CancellationToken cancel)
    {
        var found = processes.Find(machine, cancel);
        seen = [.. found.Select(process => process.Pid)];
        IReadOnlyList<Finding> findings = found.Count == 0
            ? [.. Rules.Select(rule => Finding.NotApplicable(rule, rule.Area, "no JVM runs on this host"))]
            : Alike.Merge([.. found.SelectMany(process => Judge(machine, process, Subject(process, found)))]);
        return Task.FromResult(findings);
    }

    /// <summary>Whether the JVMs of the last look are still the same.</summary>
    public ValueTask<long?> DigestAsync(Machine machine, CancellationToken cancel) => ValueTask.FromResult(machine.IsLive ? Digest(machine, seen) : (long?)null);

    internal static long Digest(Machine machine, IReadOnlyList<int> pids) => pids.Aggregate(17L, (sum, pid) => (sum * 31) + machine.Stamp($"/proc/{pid}/exe"));

    static string Subject(JavaProcess process, IReadOnlyList<JavaProcess> all)
    {
        var inUnit = all.Where(other => other.Label == process.Label).Select(other => other.Application).Distinct();
        return inUnit.Count() > 1 ? $"{process.Label} ({process.Application})" : process.Label;
    }

    Finding[] Judge(Machine machine, JavaProcess process, string subject)
    {
        // What a JVM writes and maps changes all the time.
        var quiet = machine.Unwatched();
        var (perf, obstacle) = ReadPerf(quiet, process);
        var (maps, hidden) = ReadMaps(quiet, process);
        return
        [
            DebuggerVerdict.Judge(process, maps, hidden, subject),
            JmxVerdict.Judge(quiet, process, perf, obstacle, subject),
            RootVerdict.Judge(process, subject),
            SupportVerdict.Judge(machine, packages, process, perf, maps, subject),
            DumpVerdict.Judge(quiet, process, subject),
            Secrets(process, subject),
        ];
    }

    static Finding Secrets(JavaProcess process, string subject)
    {
        var names = process.CommandLine.Secrets;
        return names.Count == 0
            ? Finding.Pass(JvmRules.NoSecretsInArguments, subject, "none of its arguments has the name or the form of a secret")
            : Finding.Fail(JvmRules.NoSecretsInArguments, subject, $"every account of this host can read the value of {string.Join(", ", names.Take(5))}", new Evidence { { "names", names }, { "user", process.User } });
    }

    static (PerfData? Perf, string? Obstacle) ReadPerf(Machine machine, JavaProcess process)
    {
        try
        {
            return (PerfData.Find(machine, process, new ProcessTable(machine).Started(process.Pid)), null);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return (null, e.Message);
        }
    }

    static (JavaMaps? Maps, string? Obstacle) ReadMaps(Machine machine, JavaProcess process)
    {
        try
        {
            return (JavaMaps.Read(machine, process.Pid), null);
        }
        catch (IOException e)
        {
            return (null, e.Message);
        }
    }
}
