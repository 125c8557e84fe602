using Ratchet.Agent.Checks.Jvm;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>
/// Judges every Tomcat by its files, its process and its sockets. Nothing is sent to it: a request would stand in its access log, and
/// from this host every address valve lets it in.
/// </summary>
sealed class TomcatCheck(TomcatSettings settings, JavaProcesses processes) : ICheck
{
    readonly DistributionPackage packages = new();
    IReadOnlyList<int> seen = [];

    public TomcatCheck(TomcatSettings settings) : this(settings, new JavaProcesses())
    {
    }

    public IReadOnlyList<Rule> Rules => TomcatRules.All;

    public Task<IReadOnlyList<Finding>> RunAsync(Machine machine, CancellationToken cancel)
    {
        var (running, obstacle) = Running(machine, cancel);
        var instances = Instance.Find(machine, running, obstacle, settings.Bases);
        seen = [.. instances.Select(instance => instance.Process?.Pid).OfType<int>()];
        if (instances.Count == 0)
            return Task.FromResult<IReadOnlyList<Finding>>([.. Rules.Select(rule => obstacle is null ? Finding.NotApplicable(rule, rule.Area, "Tomcat is neither installed nor running") : Finding.Unknown(rule, rule.Area, obstacle))]);
        var findings = new List<Finding>();
        foreach (var instance in instances)
        {
            cancel.ThrowIfCancellationRequested();
            findings.AddRange(Judge(machine, instance));
        }
        return Task.FromResult(Alike.Merge(findings));
    }

    /// <summary>Whether the Tomcats of the last look still run.</summary>
    public ValueTask<long?> DigestAsync(Machine machine, CancellationToken cancel) => ValueTask.FromResult(machine.IsLive ? JvmCheck.Digest(machine, seen) : (long?)null);

    (IReadOnlyList<JavaProcess> Running, string? Obstacle) Running(Machine machine, CancellationToken cancel)
    {
        try
        {
            return (processes.Find(machine, cancel), null);
        }
        catch (IOException e)
        {
            return ([], e.Message);
        }
    }

    IEnumerable<Finding> Judge(Machine machine, Instance instance)
    {
        if (instance.IsEmbedded) return EmbeddedVerdicts.Judge(machine, packages, instance);
        try
        {
            var look = TomcatLook.At(machine, instance);
            return
            [
                .. ConnectorVerdicts.Judge(look), .. ManagerVerdict.Judge(look), .. UsersVerdict.Judge(look), .. HostVerdicts.Judge(look),
                FilesVerdict.Judge(look), SupportVerdict.Judge(machine, packages, look.Version, instance.Subject, instance.Rest), RunningVerdict.Judge(look),
            ];
        }
        catch (IOException e)
        {
            // This Tomcat alone: another one is judged.
            return TomcatRules.All.Select(rule => Finding.Unknown(rule, instance.Subject, e.Message));
        }
    }
}
