using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tls;

/// <summary>
/// Every wire of the host: listeners that other hosts can reach, and those that the port policy marks, are asked what they speak, by
/// real handshakes. The listeners are those that the ports check looks at; what they said is remembered (<see cref="WireMemory"/>).
/// </summary>
/// <param name="patience">
/// How long a sweep waits for listeners that are asked for the first time: a silent one delays nobody. Its answer is judged when it
/// has come (<see cref="DigestAsync"/>).
/// </param>
sealed class TlsCheck(Settings settings, HashSet<ulong>? orphans = null, TimeSpan? patience = null, HostClock? clock = null) : ICheck
{
    // More doors than this are not asked: a host with thousands of listeners would spend minutes in handshakes.
    const int Limit = 64;

    readonly HashSet<ulong> orphans = orphans ?? [];
    readonly TimeSpan patience = patience ?? TimeSpan.FromSeconds(5);
    readonly HostClock clock = clock ?? new();
    readonly WireMemory memory = new();
    readonly CertificateMemory certificates = new(settings.Tls);
    IReadOnlyList<Task> late = [];
    long news;

    public IReadOnlyList<Rule> Rules => TlsRules.All;

    public async Task<IReadOnlyList<Finding>> RunAsync(Machine machine, CancellationToken cancel)
    {
        var policy = PortPolicy.Of(settings);
        var survey = PortSurvey.Look(machine, orphans, cancel).Named(policy);
        var targets = TlsTarget.Choose(survey, policy, machine);
        news = News(machine);
        var answers = machine.IsLive ? Ask(targets, machine) : [];
        await Task.WhenAny(Task.WhenAll(answers.Values.Where(answer => answer.Stands is null).Select(answer => answer.Facts)), Task.Delay(patience, cancel));
        late = [.. answers.Values.Select(answer => answer.Facts).Where(facts => !facts.IsCompleted)];
        var findings = new List<Finding>();
        var verdict = new CertificateVerdict(settings.Tls, machine, answers.Count > 0 ? await clock.AskAsync(machine, cancel) : TrueTime.Of(machine.Now));
        foreach (var target in targets)
            findings.AddRange(
                target.Approach.Opening is null ? WireVerdicts.Left(target, target.Approach.IsExempt, target.Approach.Reason)
                : !machine.IsLive ? WireVerdicts.Left(target, false, "what it speaks only the live host tells")
                : !answers.TryGetValue(target, out var answer) ? WireVerdicts.Left(target, false, Unasked(target, machine))
                : !late.Contains(answer.Facts) ? Judge(target, await answer.Facts)
                : answer.Stands is { } stands ? Judge(target, stands)
                : WireVerdicts.Left(target, false, $"it has not answered within {patience.TotalSeconds:0.#} s; it is given more time"));
        if (survey.HiddenNamespaces) findings.Add(Finding.Unknown(TlsRules.Spoken, "other network namespaces", "could not be looked at: processes do not show their namespace without CAP_SYS_PTRACE"));
        AddEmpty(findings);
        return findings;

        IEnumerable<Finding> Judge(TlsTarget target, WireFacts facts) => WireVerdicts.Judge(target, facts, () => certificates.Judge(target, facts, verdict, machine));
    }

    /// <summary>Sockets that came or went, servers that were reloaded, and answers that came after the sweep.</summary>
    public ValueTask<long?> DigestAsync(Machine machine, CancellationToken cancel) =>
        ValueTask.FromResult<long?>(machine.IsLive ? SocketDigest.Of(machine, cancel) + News(machine) : null);

    /// <summary>Grows by one when a late answer has come, and when a server was reloaded; a run that takes them in changes nothing.</summary>
    long News(Machine machine) => news + late.Count(answer => answer.IsCompleted) + (memory.SawReplacement(machine) ? 1 : 0);

    Dictionary<TlsTarget, WireAnswer> Ask(IReadOnlyList<TlsTarget> targets, Machine machine)
    {
        var (answers, own) = (new Dictionary<TlsTarget, WireAnswer>(ReferenceEqualityComparer.Instance), OwnAddresses.Of(machine));
        var changed = settings.Tls.Certificates.Max(path => machine.Status(path)?.Changed);
        memory.Keep(targets);
        certificates.Keep(targets);
        foreach (var target in targets.Where(target => target.Approach.Opening is not null && !target.IsElsewhere(own)).OrderBy(target => target.Wire is null).Take(Limit))
            answers[target] = memory.Recall(target, machine, changed, cancel => Approach.Objection(target.Listener, target.Wire, machine.Unwatched()) is { } objection
                ? Task.FromResult(new WireFacts(Speech.Unclear, objection))
                : new WildcardProbe(new ListenerProbe(target.EndPoint, target.PageEndPoint(own), target.Approach.Opening!.Value, target.Names), target.OtherPlaces(own)).AskAsync(cancel));
        return answers;
    }

    static string Unasked(TlsTarget target, Machine machine) => target.IsElsewhere(OwnAddresses.Of(machine))
        ? "its address is not one of this host's now, and would be another host's"
        : $"more than {Limit} listeners would have to be asked: mark those that are in clear on purpose";

    static void AddEmpty(List<Finding> findings)
    {
        foreach (var rule in TlsRules.All)
            if (!findings.Exists(finding => ReferenceEquals(finding.Rule, rule)))
                findings.Add(Finding.NotApplicable(rule, rule.Area, ReferenceEquals(rule, TlsRules.RedirectOnly) ? "no listener is known to speak HTTP in clear" : "no listener is asked for TLS: none can be reached from other hosts without being exempt, and none is marked"));
    }
}
