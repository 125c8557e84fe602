using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Aws;

/// <summary>
/// An EC2 instance as its metadata service, its firmware and who looked from outside tell of it, joined with the disks and the
/// listeners that the host itself shows. Elsewhere nothing is asked.
/// </summary>
/// <param name="survey">What is asked over the network, which the disk check and the records use too.</param>
/// <param name="orphans">What <see cref="SocketOwners.Find"/> remembers, for all checks that look at the listeners.</param>
sealed class AwsCheck(Settings settings, AwsSurvey survey, HashSet<ulong>? orphans = null) : ICheck
{
    readonly HashSet<ulong> orphans = orphans ?? [];
    bool isEc2;

    public IReadOnlyList<Rule> Rules => AwsRules.All;

    public async Task<IReadOnlyList<Finding>> RunAsync(Machine machine, CancellationToken cancel)
    {
        if (Ec2Host.Find(machine) is not { } host) return [.. Rules.Select(rule => Finding.NotApplicable(rule, rule.Area, "the firmware does not say that this is an EC2 instance"))];
        isEc2 = true;
        var facts = await survey.LookAsync(machine, host, settings.Aws, cancel);
        var attestation = await survey.AttestedAsync(machine, host, settings.Aws, facts, cancel);
        // Devices change all the time: they are swept, not watched.
        var volumes = new VolumeJoin(machine.WithTrace(new FileTrace()), settings, attestation);
        return
        [
            MetadataVerdicts.JudgeVersion(facts, attestation),
            MetadataVerdicts.JudgeIdentity(facts, host),
            .. await TryAsync(AwsRules.VolumesEncrypted, "volumes", () => volumes.JudgeAsync(cancel)),
            .. await TryAsync(AwsRules.GroupsNarrow, "security groups", () => Task.FromResult<IReadOnlyList<Finding>>(
                Alike.Merge([.. GroupVerdicts.Judge(attestation, facts.Groups, PortSurvey.Look(machine, orphans, cancel).Named(PortPolicy.Of(settings)), new CallerPolicy(settings.Aws, settings.Roles))]))),
        ];
    }

    /// <summary>Answers that came after the sweep, and listeners that came or went.</summary>
    public ValueTask<long?> DigestAsync(Machine machine, CancellationToken cancel) =>
        ValueTask.FromResult<long?>(isEc2 && machine.IsLive ? SocketDigest.Of(machine, cancel) + survey.Generation : null);

    /// <summary>A fact that cannot be had makes one rule unknown, not all.</summary>
    static async Task<IReadOnlyList<Finding>> TryAsync(Rule rule, string subject, Func<Task<IReadOnlyList<Finding>>> judge)
    {
        try
        {
            return await judge();
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return [Finding.Unknown(rule, subject, $"could not look: {e.Message}")];
        }
    }
}
