using System.Text.Json;
using Ratchet.Agent.Checks.Alerts;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>
/// Judges the Ubuntu below the applications by its own files and the kernel: apt is not run, and nothing is asked over the network. What
/// cannot be seen makes its own rule unknown, and no other.
/// </summary>
sealed class UbuntuCheck(Settings settings) : ICheck
{
    readonly AptSurvey apt = new();
    readonly StaleLibraries libraries = new();

    public IReadOnlyList<Rule> Rules => UbuntuRules.All;

    public async Task<IReadOnlyList<Finding>> RunAsync(Machine machine, CancellationToken cancel)
    {
        var host = OsRelease.Read(machine);
        if (host.Id != "ubuntu") return [.. Rules.Select(rule => Finding.NotApplicable(rule, rule.Area, $"this is {host.Name}, not Ubuntu"))];
        AptState Apt() => apt.Look(machine, host.Codename);
        return
        [
            .. Judge(UbuntuRules.Supported, UbuntuRules.Supported.Area, () => [SupportVerdict.Judge(machine, host, Apt)]),
            .. Judge(UbuntuRules.SecurityUpdates, "apt lists", () => OfUpdates(machine, Apt())),
            .. Judge(UbuntuRules.RebootCurrent, "kernel", () => [KernelVerdict.Judge(machine, Apt())]),
            .. Judge(UbuntuRules.RebootCurrent, "libraries", () => OfLibraries(machine, cancel)),
            .. Judge(UbuntuRules.UnattendedUpgrades, UbuntuRules.UnattendedUpgrades.Area, () => [UnattendedVerdict.Judge(machine, host, Apt())]),
            ClockVerdict.Judge(await ClockState.LookAsync(machine, cancel), machine.Now),
            .. Judge(UbuntuRules.AuditLogged, "logs", () => [LogVerdict.Judge(machine)]),
        ];
    }

    IEnumerable<Finding> OfUpdates(Machine machine, AptState state)
    {
        var memory = state.Pending.Count == 0 ? [] : Memory(machine);
        return SecurityVerdict.Judge(state, settings.Ubuntu, machine.Now, source => memory.GetValueOrDefault(source));
    }

    /// <summary>What the service remembers of this rule's verdicts; without a memory, or with a broken one, every update is new.</summary>
    Dictionary<string, KnownVerdict> Memory(Machine machine)
    {
        try
        {
            return machine.Unwatched().ReadBytes(VerdictMemory.PathIn(settings.State), VerdictMemory.SizeLimit) is { } json
                ? VerdictMemory.Parse(json).Verdicts.Where(verdict => verdict.Rule == UbuntuRules.SecurityUpdates.Id).ToDictionary(verdict => verdict.Subject)
                : [];
        }
        catch (JsonException)
        {
            // The service makes a new one, and alerts.none-inherited tells of it.
            return [];
        }
    }

    IEnumerable<Finding> OfLibraries(Machine machine, CancellationToken cancel)
    {
        var rule = UbuntuRules.RebootCurrent;
        var (services, hidden) = libraries.Look(machine, cancel);
        foreach (var (unit, files) in services)
            yield return Finding.Fail(rule, unit, $"{unit} runs code of {files.Count} files that were replaced since it was started: {string.Join(", ", files.Take(3).Select(Path.GetFileName))}", new Evidence { { "files", files } });
        if (hidden > 0) yield return Finding.Unknown(rule, "libraries", "what some processes have loaded may not be read: CAP_SYS_PTRACE is missing");
        else if (services.Count == 0) yield return Finding.Pass(rule, "libraries", "no service runs code of a file that was replaced since");
    }

    static Finding[] Judge(Rule rule, string subject, Func<IEnumerable<Finding>> judge)
    {
        try
        {
            return [.. judge()];
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return [Finding.Unknown(rule, subject, "could not look: " + e.Message)];
        }
    }
}
