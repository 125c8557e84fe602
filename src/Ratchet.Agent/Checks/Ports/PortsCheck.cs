using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ports;

/// <summary>
/// Judges every listening socket of the host, also those of containers, by the port policy. Looking is
/// <see cref="PortSurvey"/>, judging <see cref="PortVerdicts"/>.
/// </summary>
/// <param name="orphans">What <see cref="SocketOwners.Find"/> remembers, for all checks that look at the listeners.</param>
sealed class PortsCheck(Settings settings, HashSet<ulong>? orphans = null) : ICheck
{
    readonly HashSet<ulong> orphans = orphans ?? [];

    public IReadOnlyList<Rule> Rules => PortRules.All;

    public Task<IReadOnlyList<Finding>> RunAsync(Machine machine, CancellationToken cancel)
    {
        var policy = PortPolicy.Of(settings);
        var survey = PortSurvey.Look(machine, orphans, cancel).Named(policy);
        var findings = policy is not null
            ? new PortVerdicts(policy, DateOnly.FromDateTime(machine.Now.UtcDateTime)).Judge(survey)
            : WithoutPolicy(survey);
        return Task.FromResult(findings);
    }

    /// <summary>The sockets by address, user and inode: who holds them is looked at only when one of these differs.</summary>
    public ValueTask<long?> DigestAsync(Machine machine, CancellationToken cancel) =>
        ValueTask.FromResult<long?>(machine.IsLive ? SocketDigest.Of(machine, cancel) : null);

    static Finding[] WithoutPolicy(PortSurvey survey)
    {
        var evidence = new Evidence { { "listeners", survey.Listeners.Select(listener => listener.Subject) } };
        return
        [
            .. PortRules.All.Select(rule => Finding.Unknown(rule, "ports",
                "no port policy is configured: set the host's roles, or start from what `ratchet-agent ports --suggest` prints", evidence)),
        ];
    }
}
