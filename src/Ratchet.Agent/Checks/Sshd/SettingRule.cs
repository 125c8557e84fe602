namespace Ratchet.Agent.Checks.Sshd;

/// <summary>One setting against what a rule demands of it.</summary>
/// <param name="Value">As sshd prints it; null where this sshd does not print the keyword.</param>
/// <param name="Fault">What is wrong with the value, or null.</param>
sealed record Observation(string Keyword, string? Value, string? Fault);

/// <summary>A rule on the settings in force, judged for each context.</summary>
/// <param name="Expected">What should be, for people.</param>
/// <param name="Observe">What is, in one context.</param>
/// <param name="RootOnly">Judged only for connections of uid 0.</param>
sealed record SettingRule(Rule Rule, string Expected, Func<EffectiveConfig, IEnumerable<Observation>> Observe, bool RootOnly = false);

/// <summary>A context, and what sshd says of it.</summary>
sealed record JudgedContext(Context Context, SshdAnswer Answer);

/// <summary>Judges setting rules: the worst context decides.</summary>
sealed class SettingJudge(Daemon daemon, SshdConfig config, IReadOnlyList<JudgedContext> contexts, string? incomplete)
{
    const int OthersNamed = 5;

    public Finding Judge(SettingRule rule)
    {
        var relevant = rule.RootOnly && contexts.Any(c => c.Context.ForRoot) ? [.. contexts.Where(c => c.Context.ForRoot)] : contexts;
        if (relevant.FirstOrDefault(c => c.Answer.Config is null) is { } mute)
            return Finding.Unknown(rule.Rule, daemon.Subject, mute.Answer.Refusal is null ? mute.Answer.Obstacle! : "sshd refuses its configuration, so what the rule asks for cannot be told",
                new Evidence { { "context", mute.Context.ToString() } });

        var seen = relevant.SelectMany(c => rule.Observe(c.Answer.Config!).Select(observation => (c.Context, Observation: observation))).ToArray();
        var faults = seen.Where(s => s.Observation is { Value: not null, Fault: not null }).ToArray();
        if (faults.Length > 0) return Fail(rule, faults, relevant.Count);
        if (seen.FirstOrDefault(s => s.Observation.Value is null) is { Observation: { } silent })
            return Finding.Unknown(rule.Rule, daemon.Subject, $"this sshd does not print {silent.Keyword}");
        var evidence = new Evidence
        {
            { "settings", seen.Select(s => $"{s.Observation.Keyword} {s.Observation.Value}").Distinct() },
            { "expected", rule.Expected }, { "contexts", relevant.Count },
        };
        return incomplete is null
            ? Finding.Pass(rule.Rule, daemon.Subject, $"{rule.Expected}, in {Count(relevant)}", evidence)
            : Finding.Unknown(rule.Rule, daemon.Subject, $"holds in the contexts that were judged, but {incomplete}", evidence);
    }

    Finding Fail(SettingRule rule, (Context Context, Observation Observation)[] faults, int count)
    {
        var (context, (keyword, value, fault)) = faults[0];
        var place = Place(keyword, context);
        var evidence = new Evidence
        {
            { "setting", keyword }, { "value", value }, { "expected", rule.Expected }, { "set_by", place }, { "context", context.ToString() }, { "contexts", count },
            { "other_faults", faults.Skip(1).Where(f => f.Context == context).Select(f => $"{f.Observation.Keyword}: {f.Observation.Fault} ({Place(f.Observation.Keyword, f.Context)})") },
            { "other_contexts", faults.Where(f => f.Context != context).Select(f => f.Context.ToString()).Distinct().Take(OthersNamed) },
        };
        var who = count > 1 && faults.Where(f => f.Observation == faults[0].Observation).Select(f => f.Context).Distinct().Count() == count ? "every connection" : context.ToString();
        return Finding.Fail(rule.Rule, daemon.Subject, $"{keyword} {fault} for {who} ({place})", evidence);
    }

    /// <summary>Where a value comes from: a Match block wins over the command line, which wins over the rest of the files.</summary>
    string Place(string keyword, Context context) => config.Deciding(keyword, context.Matching) switch
    {
        { Block: not null } line => line.Place,
        var line => daemon.Arguments.Settings().Any(setting => setting.Keyword == keyword) ? "command line" : line?.Place ?? "default",
    };

    static string Count(IReadOnlyList<JudgedContext> relevant) =>
        relevant is [{ Context.Connection: null }] ? "every connection" : relevant.Count == 1 ? "the only context" : $"all {relevant.Count} contexts";
}
