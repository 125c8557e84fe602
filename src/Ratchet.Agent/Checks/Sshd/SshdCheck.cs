using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>
/// SSH: finds the daemons, asks their own binary (<c>sshd -T</c>) what holds for each connection that Match blocks make
/// different, and judges that; then whether the daemon runs what the files say, its host keys, and the keys of the accounts.
/// Nothing is created on the host, and an unchanged host is not asked twice.
/// </summary>
sealed class SshdCheck(SshdSurvey survey) : ICheck
{
    readonly RunningConfig running = new();

    public SshdCheck(SshSettings settings) : this(new SshdSurvey(settings))
    {
    }

    public IReadOnlyList<Rule> Rules => SshdRules.All;

    public async Task<IReadOnlyList<Finding>> RunAsync(Machine machine, CancellationToken cancel)
    {
        var view = await survey.LookAsync(machine, cancel);
        if (view.Daemons.Count == 0) return [.. Rules.Select(rule => Finding.NotApplicable(rule, rule.Area, "sshd is not installed"))];
        var accounts = await survey.AccountsAsync(machine, cancel);
        var findings = new List<Finding>();
        foreach (var (daemon, surveyed) in view.Daemons)
            findings.AddRange(surveyed is null
                ? Rules.Select(rule => Finding.Unknown(rule, daemon.Subject, daemon.Problem!))
                : await JudgeAsync(machine, surveyed, accounts, cancel));
        // Two daemons may share host keys and accounts.
        return [.. findings.GroupBy(finding => (finding.Rule, finding.Subject)).Select(same => same.MinBy(finding => Rank(finding.Outcome))!)];
    }

    static int Rank(Outcome outcome) => outcome switch { Outcome.Fail => 0, Outcome.Unknown => 1, Outcome.Pass => 2, _ => 3 };

    async Task<List<Finding>> JudgeAsync(Machine machine, SurveyedDaemon surveyed, Accounts accounts, CancellationToken cancel)
    {
        var (daemon, config, contexts, judged, next) = surveyed;
        var findings = new List<Finding> { ConfigValid(machine, daemon, next, judged) };
        var judge = new SettingJudge(daemon, config, judged, contexts.Incomplete);
        findings.AddRange(SettingRules.All.Concat(AlgorithmRules.All).Select(judge.Judge));
        findings.Add(await running.JudgeAsync(machine, daemon, config, judged[0].Answer, cancel));
        if (surveyed.Obstacle is { } reason)
        {
            findings.AddRange([Finding.Unknown(SshdRules.HostKeyFiles, daemon.Subject, reason), Finding.Unknown(SshdRules.AuthorizedKeys, daemon.Subject, reason)]);
            return findings;
        }
        findings.AddRange(await HostKeys.JudgeAsync(machine, survey.Answers, surveyed.Known[0].Answer.Config!, daemon.Subject, cancel));
        findings.AddRange(new AuthorizedKeys(machine).Judge(accounts, account => surveyed.SettingsOf(account, accounts), [.. surveyed.Known.Select(c => c.Answer.Config!)]));
        return findings;
    }

    static Finding ConfigValid(Machine machine, Daemon daemon, SshdAnswer next, IReadOnlyList<JudgedContext> contexts)
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
