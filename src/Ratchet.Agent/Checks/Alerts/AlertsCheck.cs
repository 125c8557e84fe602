using System.Text.Json;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Alerts;

/// <summary>
/// What the alerts of single verdicts would leave out: a rule that nobody has been able to judge for long, and failures that
/// stood before there was anything to compare with. Both are told once for many, and alert, resolve and are waived as any rule.
/// </summary>
/// <param name="rules">All others. What is remembered of a rule that is none of them, as after a downgrade, is judged by nobody and says nothing.</param>
sealed class AlertsCheck(Settings settings, IEnumerable<Rule> rules) : ICheck
{
    /// <summary>The area of these rules, which are never inherited and never blind.</summary>
    public const string Area = "alerts";

    static readonly Rule Sighted = new(
        $"{Area}.none-blind",
        "No rule stays unknown for long",
        Severity.High,
        "A rule that cannot be judged alarms of nothing. Whoever blinds the agent, or a right that it lost, looks like a quiet host.",
        "Read the reasons of the unknown findings: a right that the service lacks, a file that it cannot parse, a command that hangs. Mend that, or waive this rule for the area.",
        new Controls(["164.308(a)(1)(ii)(D)", "164.312(b)"], ["09.ab"]));

    static readonly Rule Uninherited = new(
        $"{Area}.none-inherited",
        "No failure is left from before alerts began",
        Severity.High,
        "What already failed when a rule was first judged on this host has not alerted by itself, so that a new host, or a lost memory, does not wake on-call once for each.",
        "Mend or waive each failure that is listed; `ratchet-agent status` shows them.",
        new Controls(["164.308(a)(1)(ii)(B)", "164.308(a)(1)(ii)(D)"], ["06.h"]));

    readonly HashSet<string> catalogue = [.. rules.Select(rule => rule.Id)];

    public IReadOnlyList<Rule> Rules => [Sighted, Uninherited];

    public Task<IReadOnlyList<Finding>> RunAsync(Machine machine, CancellationToken cancel)
    {
        // Unwatched: the service itself writes it, after each change.
        var json = machine.Unwatched().ReadBytes(VerdictMemory.PathIn(settings.State), VerdictMemory.SizeLimit);
        return Task.FromResult(json is null ? BeforeTheFirstSweep() : Judge(Parse(json), machine.Now));
    }

    /// <summary>Pure: the service's memory against the clock.</summary>
    public IReadOnlyList<Finding> Judge(VerdictMemory memory, DateTimeOffset now)
    {
        var verdicts = memory.Verdicts.Where(verdict => catalogue.Contains(verdict.Rule)).ToList();
        var areas = verdicts.GroupBy(verdict => verdict.Rule.Split('.')[0]).Where(area => area.Key != Area).OrderBy(area => area.Key, StringComparer.Ordinal);
        var sight = areas.Select(area => JudgeSight(area.Key, area, now)).ToList();
        if (sight.Count == 0) sight.AddRange(BeforeTheFirstSweep().Take(1));
        return [.. sight, JudgeInherited(memory, verdicts)];
    }

    Finding JudgeSight(string area, IEnumerable<KnownVerdict> verdicts, DateTimeOffset now)
    {
        var blind = verdicts.Where(verdict => verdict.Evaluation == "unknown" && now - verdict.Since >= settings.Alerts.Unknown).ToList();
        if (blind.Count == 0) return Finding.Pass(Sighted, area, $"no verdict on {area} has been unknown for {DurationConverter.Format(settings.Alerts.Unknown)}");
        var since = blind.Min(verdict => verdict.Since);
        return Finding.Fail(Sighted, area, $"{blind.Count} verdicts on {area} are unknown, the first since {since.UtcDateTime:yyyy-MM-dd HH:mm}Z: nobody would see a failure there",
            new Evidence { { "since", since }, { "unknown", blind.Select(Name) } });
    }

    static Finding JudgeInherited(VerdictMemory memory, IEnumerable<KnownVerdict> verdicts)
    {
        var inherited = verdicts.Where(verdict => verdict.Alert is { IsInherited: true, IsOpen: true, IsBad: true }).ToList();
        var evidence = new Evidence { { "began", memory.Began }, { "reason", memory.Reason } };
        if (inherited.Count == 0) return Finding.Pass(Uninherited, "verdicts", "nothing that fails now failed before alerts began", evidence);
        evidence.Add("failures", inherited.Select(Name));
        return Finding.Fail(Uninherited, "verdicts", $"{inherited.Count} failures stood when their rules were first judged here ({memory.Reason}): {string.Join(", ", inherited.Select(verdict => verdict.Rule).Distinct())}", evidence);
    }

    static string Name(KnownVerdict verdict) => $"{verdict.Rule} {verdict.Subject}";

    IReadOnlyList<Finding> BeforeTheFirstSweep() => [.. Rules.Select(rule => Finding.NotApplicable(rule, "verdicts", "the service has not judged this host yet"))];

    static VerdictMemory Parse(byte[] json)
    {
        try
        {
            return VerdictMemory.Parse(json);
        }
        catch (JsonException e)
        {
            throw new FormatException("verdicts.json is damaged, the service makes a new one: " + e.Message, e);
        }
    }
}
