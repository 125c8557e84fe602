using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>One daemon and what its own binary says of it.</summary>
/// <param name="Next">What the next start would make of the configuration.</param>
sealed record SurveyedDaemon(Daemon Daemon, SshdConfig Config, Contexts Contexts, IReadOnlyList<JudgedContext> Judged, SshdAnswer Next)
{
    /// <summary>The contexts for which settings are known.</summary>
    public IReadOnlyList<JudgedContext> Known { get; } = [.. Judged.Where(context => context.Answer.Config is not null)];

    /// <summary>Why the settings of some context are not known; null where all are.</summary>
    public string? Obstacle => Known.Count == Judged.Count ? null
        : Judged.First(context => context.Answer.Config is null).Answer is { Refusal: null } mute ? mute.Obstacle! : "sshd refuses its configuration";

    /// <summary>The settings of the contexts that an account can be in: those that stay the same with it as the user.</summary>
    public IReadOnlyList<EffectiveConfig> SettingsOf(Account account, Accounts accounts)
    {
        var own = Known.Where(c => c.Context.Connection is not { } connection || Config.Blocks.All(block =>
            block.Matches(connection with { User = account.Name }, accounts) == c.Context.Matching.Contains(block))).ToArray();
        // None is left only where the contexts are incomplete: then any may apply.
        return [.. (own.Length > 0 ? own : Known).Select(c => c.Answer.Config!)];
    }
}

/// <summary>The daemons of a host. A daemon with a problem has no survey, and its problem says why.</summary>
sealed record SshdView(IReadOnlyList<(Daemon Daemon, SurveyedDaemon? Survey)> Daemons);

/// <summary>Finds the daemons and asks each what holds for the connections that its Match blocks tell apart; once a sweep.</summary>
sealed class SshdSurvey(SshSettings settings)
{
    readonly SshdAnswers answers = new();

    public SshdAnswers Answers => answers;

    public Task<SshdView> LookAsync(Machine machine, CancellationToken cancel) => machine.ShareAsync(this, traced => SurveyAsync(traced, cancel));

    public Task<Accounts> AccountsAsync(Machine machine, CancellationToken cancel) => machine.ShareAsync(answers, traced => Accounts.ReadAsync(traced, answers, cancel));

    async Task<SshdView> SurveyAsync(Machine machine, CancellationToken cancel)
    {
        answers.Begin();
        var daemons = Daemon.Find(machine);
        if (daemons.Count == 0) return new SshdView([]);
        var accounts = await AccountsAsync(machine, cancel);
        using var patience = new CancellationTokenSource(SshdOracle.Patience, machine.Clock);
        var surveyed = new List<(Daemon, SurveyedDaemon?)>();
        foreach (var daemon in daemons)
            surveyed.Add((daemon, daemon.Problem is null ? await AskAsync(machine, daemon, accounts, patience.Token, cancel) : null));
        return new SshdView(surveyed);
    }

    async Task<SurveyedDaemon> AskAsync(Machine machine, Daemon daemon, Accounts accounts, CancellationToken patience, CancellationToken cancel)
    {
        var config = SshdConfig.Read(machine, daemon.ConfigFile);
        var names = daemon.Arguments.Settings().FirstOrDefault(s => s.Keyword == "usedns").Value ?? config.Global("usedns")?.Value;
        var oracle = new SshdOracle(machine, answers, daemon, config, patience);
        var contexts = Contexts.Of(config, accounts, await oracle.PortsAsync(cancel), usesNames: names is "yes", settings.Contexts);
        var judged = new List<JudgedContext>();
        foreach (var context in contexts.All) judged.Add(new JudgedContext(context, await oracle.AskAsync(context.Connection, cancel)));
        return new SurveyedDaemon(daemon, config, contexts, judged, await oracle.AskNextStartAsync(judged[0].Context.Connection, cancel));
    }
}
