using System.Text.Json;
using System.Text.Json.Serialization;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Records;
using Ratchet.Agent.Shipping;

namespace Ratchet.Agent.Service;

/// <summary>What was last recorded of one rule and subject.</summary>
/// <param name="Evaluation"><c>result.evaluation</c>.</param>
/// <param name="Since">Since when it holds.</param>
/// <param name="IsOpen">It failed, and has not been good since: unknown does not close it.</param>
/// <param name="Openings">How often it turned bad: from the second time on it is reopened.</param>
sealed record KnownVerdict(string Rule, string Subject, string Evaluation, DateTimeOffset Since, bool IsOpen, int Openings);

/// <summary>A finding, how it moved, and whether it has to be shipped for that.</summary>
sealed record JudgedFinding(Finding Finding, Transition Transition, bool IsChange);

/// <summary>
/// Remembers the verdicts that were recorded, over restarts, and tells what moved. Nothing is remembered before it is
/// recorded: after a failed write the same change comes again.
/// </summary>
sealed class Verdicts
{
    readonly string path;
    Dictionary<(string Rule, string Subject), KnownVerdict> known;

    public Verdicts(string stateDirectory)
    {
        path = Path.Combine(stateDirectory, "verdicts.json");
        known = Read(path).ToDictionary(verdict => (verdict.Rule, verdict.Subject));
    }

    /// <summary>Open failures and unknowns, as recorded.</summary>
    public IReadOnlyCollection<KnownVerdict> Known => known.Values;

    /// <summary>Compares new findings of some rules with what is known of these rules; changes nothing.</summary>
    public IReadOnlyList<JudgedFinding> Compare(IReadOnlyList<Rule> rules, IReadOnlyList<Finding> findings, DateTimeOffset now)
    {
        var judged = findings.DistinctBy(finding => (finding.Rule.Id, finding.Subject)).Select(finding => Judge(finding, now)).ToList();
        var present = findings.Select(finding => (finding.Rule.Id, finding.Subject)).ToHashSet();
        // A rule that could not look everywhere cannot say that a subject is gone.
        var complete = rules.ExceptBy(findings.Where(finding => finding.Outcome == Outcome.Unknown).Select(finding => finding.Rule.Id), rule => rule.Id).ToDictionary(rule => rule.Id);
        foreach (var gone in known.Values.Where(verdict => complete.ContainsKey(verdict.Rule) && !present.Contains((verdict.Rule, verdict.Subject))))
            judged.Add(Judge(Finding.NotApplicable(complete[gone.Rule], gone.Subject, $"{gone.Subject} is no longer there"), now));
        return judged;
    }

    /// <summary>Remembers what has been recorded.</summary>
    /// <exception cref="IOException">It cannot be written; it is remembered until the next restart.</exception>
    public void Keep(IEnumerable<JudgedFinding> recorded, IReadOnlySet<(string Rule, string Subject)> present)
    {
        var changed = false;
        foreach (var (finding, transition, isChange) in recorded)
        {
            if (!isChange) continue;
            changed = true;
            var key = (finding.Rule.Id, finding.Subject);
            if (!present.Contains(key)) known.Remove(key);
            else known[key] = Next(known.GetValueOrDefault(key), finding, transition);
        }
        if (changed) DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(known.Values, VerdictJson.Default.IEnumerableKnownVerdict));
    }

    JudgedFinding Judge(Finding finding, DateTimeOffset now)
    {
        var before = known.GetValueOrDefault((finding.Rule.Id, finding.Subject));
        var evaluation = Payload.Evaluation(finding);
        var since = before?.Evaluation == evaluation ? before.Since : now;
        var (bad, good) = (evaluation == "failed", evaluation is not ("failed" or "unknown"));
        var change = bad && before is not { IsOpen: true } ? (before?.Openings > 0 ? "reopened" : "opened")
            : good && before is { IsOpen: true } ? "resolved"
            : "unchanged";
        return new JudgedFinding(finding, new Transition(since, change, change != "unchanged"), before?.Evaluation != evaluation);
    }

    static KnownVerdict Next(KnownVerdict? before, Finding finding, Transition transition)
    {
        var opens = transition.Change is "opened" or "reopened";
        var isOpen = opens || (before is { IsOpen: true } && transition.Change != "resolved");
        return new KnownVerdict(finding.Rule.Id, finding.Subject, Payload.Evaluation(finding), transition.Since, isOpen, (before?.Openings ?? 0) + (opens ? 1 : 0));
    }

    static IEnumerable<KnownVerdict> Read(string path)
    {
        try
        {
            var read = JsonSerializer.Deserialize(File.ReadAllBytes(path), VerdictJson.Default.IEnumerableKnownVerdict) ?? [];
            return read.Where(verdict => verdict is { Rule: not null, Subject: not null }).DistinctBy(verdict => (verdict.Rule, verdict.Subject));
        }
        catch (Exception e) when (e is FileNotFoundException or JsonException)
        {
            // Rebuilt by the next sweep, which records every finding anew.
            return [];
        }
    }
}

[JsonSerializable(typeof(IEnumerable<KnownVerdict>))]
sealed partial class VerdictJson : JsonSerializerContext;
