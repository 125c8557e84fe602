using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>
/// SSH: finds the daemons, asks their own binary (<c>sshd -T</c>) what holds for each connection that Match blocks make
/// different, and judges that; then whether the daemon runs what the files say, its host keys, and the keys of the accounts.
/// Nothing is created on the host, and an unchanged host is not asked twice.
/// </summary>
sealed class SshdCheck(SshSettings settings) : ICheck
{
    readonly SshdAnswers answers = new();
    readonly RunningConfig running = new();

    public IReadOnlyList<Rule> Rules => SshdRules.All;

    public async Task<IReadOnlyList<Finding>> RunAsync(Machine machine, CancellationToken cancel)
    {
        answers.Begin();
        var daemons = Daemon.Find(machine);
        if (daemons.Count == 0) return [.. Rules.Select(rule => Finding.NotApplicable(rule, rule.Area, "sshd is not installed"))];
        var accounts = await Accounts.ReadAsync(machine, answers, cancel);
        var findings = new List<Finding>();
        foreach (var daemon in daemons)
            findings.AddRange(daemon.Problem is { } problem
                ? Rules.Select(rule => Finding.Unknown(rule, daemon.Subject, problem))
                : await JudgeAsync(machine, daemon, accounts, cancel));
        // Two daemons may share host keys and accounts.
        return [.. findings.GroupBy(finding => (finding.Rule, finding.Subject)).Select(same => same.MinBy(finding => Rank(finding.Outcome))!)];
    }

    static int Rank(Outcome outcome) => outcome switch { Outcome.Fail => 0, Outcome.Unknown => 1, Outcome.Pass => 2, _ => 3 };

    async Task<List<Finding>> JudgeAsync(Machine machine, Daemon daemon, Accounts accounts, CancellationToken cancel)
    {
        var config = SshdConfig.Read(machine, daemon.ConfigFile);
        var names = daemon.Arguments.Settings().FirstOrDefault(s => s.Keyword == "usedns").Value ?? config.Global("usedns")?.Value;
        var oracle = new SshdOracle(machine, answers, daemon, config);
        var contexts = Contexts.Of(config, accounts, await oracle.PortsAsync(cancel), usesNames: names is "yes", settings.Contexts);
        var judged = new List<JudgedContext>();
        foreach (var context in contexts.All) judged.Add(new JudgedContext(context, await oracle.AskAsync(context.Connection, cancel)));

        var findings = new List<Finding> { ConfigValid(machine, daemon, await oracle.AskNextStartAsync(judged[0].Context.Connection, cancel), judged) };
        var judge = new SettingJudge(daemon, config, judged, contexts.Incomplete);
        findings.AddRange(SettingRules.All.Concat(AlgorithmRules.All).Select(judge.Judge));
        findings.Add(await running.JudgeAsync(machine, daemon, config, judged[0].Answer, cancel));

        var known = judged.Where(c => c.Answer.Config is not null).ToArray();
        if (known.Length < judged.Count)
        {
            var reason = judged.First(c => c.Answer.Config is null).Answer is var mute && mute.Refusal is null ? mute.Obstacle! : "sshd refuses its configuration";
            findings.AddRange([Finding.Unknown(SshdRules.HostKeyFiles, daemon.Subject, reason), Finding.Unknown(SshdRules.AuthorizedKeys, daemon.Subject, reason)]);
            return findings;
        }
        findings.AddRange(await HostKeys.JudgeAsync(machine, answers, known[0].Answer.Config!, daemon.Subject, cancel));
        findings.AddRange(new AuthorizedKeys(machine).Judge(accounts, account => Of(account, known, accounts, config), [.. known.Select(c => c.Answer.Config!)]));
        return findings;
    }

    /// <summary>The settings of the contexts that an account can be in: those that stay the same with it as the user.</summary>
    static IReadOnlyList<EffectiveConfig> Of(Account account, JudgedContext[] contexts, Accounts accounts, SshdConfig config)
    {
        var own = contexts.Where(c => c.Context.Connection is not { } connection || config.Blocks.All(block =>
            block.Matches(connection with { User = account.Name }, accounts) == c.Context.Matching.Contains(block))).ToArray();
        // None is left only where the contexts are incomplete: then any may apply.
        return [.. (own.Length > 0 ? own : contexts).Select(c => c.Answer.Config!)];
    }

    static Finding ConfigValid(Machine machine, Daemon daemon, SshdAnswer next, List<JudgedContext> contexts)
    {
        var all = contexts.Select(c => c.Answer).Append(next).ToArray();
        if (all.Select(answer => answer.Refusal).OfType<string>().FirstOrDefault() is { } refusal)
            return Finding.Fail(SshdRules.ConfigValid, daemon.Subject, $"sshd refuses its configuration, and the next restart locks everybody out: {refusal}");
        if (all.Select(answer => answer.Obstacle).OfType<string>().FirstOrDefault() is { } obstacle)
            return Finding.Unknown(SshdRules.ConfigValid, daemon.Subject, obstacle);
        if (HostKeys.AllIgnored(machine, next.Config!))
            return Finding.Fail(SshdRules.ConfigValid, daemon.Subject, "others than root can read every host key, so sshd ignores them all and will not start again");
        return Finding.Pass(SshdRules.ConfigValid, daemon.Subject, "sshd accepts its configuration", new Evidence { { "contexts", contexts.Count } });
    }
}
