using System.Text.Json;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Alerts;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Records;
using Ratchet.Agent.Shipping;

namespace Ratchet.Agent.Service;

/// <summary>A finding, how it moved, and what is known of it once it is recorded.</summary>
/// <param name="Next">Null where it can be forgotten.</param>
/// <param name="IsChange">Its verdict is another one than that recorded before.</param>
/// <param name="IsGone">Its subject is no longer there.</param>
sealed record JudgedFinding(Finding Finding, Transition Transition, KnownVerdict? Next, bool IsChange, bool IsGone)
{
    /// <summary>Whether it has to be shipped, also where no snapshot is.</summary>
    public bool IsNews => IsChange || Transition.Alert is not null;
}

/// <summary>How the findings of one look are told: the times of the configuration, and whether maintenance holds alerts back.</summary>
/// <param name="IsSweep">It is a sweep, not a look between two of them.</param>
sealed record Alerting(AlertSettings Times, bool IsHeld, bool IsSweep);

/// <summary>
/// Remembers the verdicts that were recorded, over restarts, and tells what moved. Nothing is remembered before it is
/// recorded: after a failed write the same change comes again.
/// </summary>
sealed class Verdicts
{
    readonly string path;
    readonly VerdictMemory origin;
    readonly HashSet<string> rulesJudged;
    readonly Dictionary<(string Rule, string Subject), KnownVerdict> known;
    bool isUnsaved;

    /// <param name="stateDirectory">Where verdicts.json is, or will be.</param>
    /// <param name="now">Since when verdicts are remembered, where there is no memory of before.</param>
    public Verdicts(string stateDirectory, DateTimeOffset now)
    {
        path = VerdictMemory.PathIn(stateDirectory);
        origin = Read(path, now);
        rulesJudged = [.. origin.Judged];
        known = origin.Verdicts.ToDictionary(verdict => (verdict.Rule, verdict.Subject));
    }

    /// <summary>Why verdicts are not remembered from earlier.</summary>
    public string Reason => origin.Reason;

    /// <summary>All verdicts, as recorded.</summary>
    public IReadOnlyCollection<KnownVerdict> Known => known.Values;

    /// <summary>Compares new findings of some rules with what is known of these rules; changes nothing.</summary>
    public IReadOnlyList<JudgedFinding> Compare(IReadOnlyList<Rule> rules, IReadOnlyList<Finding> findings, DateTimeOffset now, Alerting alerting)
    {
        var judged = Worst.OfEach(findings).Select(finding => Judge(finding, now, alerting, isGone: false)).ToList();
        var present = findings.Select(finding => (finding.Rule.Id, finding.Subject)).ToHashSet();
        // A rule that could not look everywhere cannot say that a subject is gone.
        var complete = rules.ExceptBy(findings.Where(finding => finding.Outcome == Outcome.Unknown).Select(finding => finding.Rule.Id), rule => rule.Id).ToDictionary(rule => rule.Id);
        foreach (var gone in known.Values.Where(verdict => complete.ContainsKey(verdict.Rule) && !present.Contains((verdict.Rule, verdict.Subject))))
            judged.Add(Judge(Finding.NotApplicable(complete[gone.Rule], gone.Subject, $"{gone.Subject} is no longer there"), now, alerting, isGone: true));
        return judged;
    }

    /// <summary>
    /// The verdicts of rules that there are not, as after a downgrade: nobody would ever judge them again, so they are gone, and an
    /// alert of them resolves at once. Changes nothing.
    /// </summary>
    /// <param name="rules">The ids of all rules that there are.</param>
    public IReadOnlyList<JudgedFinding> Retire(IReadOnlySet<string> rules, DateTimeOffset now, Alerting alerting) =>
    [
        .. known.Values.Where(verdict => !rules.Contains(verdict.Rule)).Select(verdict =>
            Judge(Finding.NotApplicable(Missing(verdict.Rule), verdict.Subject, $"this version of the agent has no rule {verdict.Rule}"), now, alerting, isGone: true, isRetired: true)),
    ];

    static Rule Missing(string id) => new(id, "The rule is one of this version", Severity.Low,
        "This version of the agent does not have the rule, so that nobody judges it.", "Install a version that has the rule to have it judged again.", new Controls([], []));

    /// <summary>The rules of which a look between two times would open or resolve an alert, if nothing has moved.</summary>
    public IEnumerable<Rule> DueBetween(DateTimeOffset last, DateTimeOffset now, IEnumerable<Rule> rules, AlertSettings times)
    {
        var byRule = known.Values.Where(verdict => verdict.Alert is not null).ToLookup(verdict => verdict.Rule, verdict => verdict.Alert!);
        return rules.Where(rule => byRule[rule.Id].Any(alert => Damping.IsDue(alert, now, times.Of(rule.Severity)) && !Damping.IsDue(alert, last, times.Of(rule.Severity))));
    }

    /// <summary>Remembers what has been recorded.</summary>
    /// <exception cref="IOException">It cannot be written; it is remembered until the next restart, and written with what is recorded next.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public void Keep(IEnumerable<JudgedFinding> recorded)
    {
        foreach (var (finding, _, next, _, isGone) in recorded)
        {
            var key = (finding.Rule.Id, finding.Subject);
            if (finding.Outcome != Outcome.Unknown && !isGone) isUnsaved |= rulesJudged.Add(finding.Rule.Id);
            if (next == known.GetValueOrDefault(key)) continue;
            isUnsaved = true;
            if (next is null) known.Remove(key);
            else known[key] = next;
        }
        if (!isUnsaved) return;
        DurableFile.Write(path, (origin with { Judged = [.. rulesJudged.Order(StringComparer.Ordinal)], Verdicts = [.. known.Values] }).Render());
        isUnsaved = false;
    }

    /// <param name="isRetired">Its rule is gone, too: there is nothing to wait for.</param>
    JudgedFinding Judge(Finding finding, DateTimeOffset now, Alerting alerting, bool isGone, bool isRetired = false)
    {
        var (before, times) = (known.GetValueOrDefault((finding.Rule.Id, finding.Subject)), alerting.Times.Of(finding.Rule.Severity));
        var evaluation = Payload.Evaluation(finding);
        // A clock that was set back must not make anything wait for the old time.
        var since = before?.Evaluation == evaluation && before.Since <= now ? before.Since : now;
        var side = evaluation switch { "failed" => Side.Bad, "unknown" => Side.Unknown, _ => Side.Good };
        var isFirst = !rulesJudged.Contains(finding.Rule.Id) && finding.Rule.Area != AlertsCheck.Area;
        var (alert, news) = Damping.Step(before?.Alert, new Look(side, now, times, alerting.IsHeld, alerting.IsSweep, finding.Waiver is not null || isRetired, isFirst));
        var isForgotten = isRetired ? alert is not { IsOpen: true } : isGone && Damping.IsForgettable(alert, now, times);
        var next = isForgotten ? null : new KnownVerdict(finding.Rule.Id, finding.Subject, evaluation, since, alert);
        var told = news is null ? null : new AlertNews(news, alert!.Opened, alert.Openings, isGone ? "gone" : evaluation);
        return new JudgedFinding(finding, new Transition(since, told), next, before?.Evaluation != evaluation, isGone);
    }

    static VerdictMemory Read(string path, DateTimeOffset now)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > VerdictMemory.SizeLimit) return Fresh("verdicts.json was too large");
            var json = new byte[file.Length];
            file.ReadExactly(json);
            return VerdictMemory.Parse(json);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Fresh("there were no verdicts of before");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return Fresh("verdicts.json was damaged, or of another release");
        }

        // Rebuilt by the next sweep, which records every finding anew.
        VerdictMemory Fresh(string reason) => new(VerdictMemory.CurrentForm, now, reason, [], []);
    }
}
