using System.CommandLine;
using System.Text.Json.Nodes;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Cli;

/// <summary>
/// <c>ports</c>: what listens, who holds it and what the policy says of it; with <c>--suggest</c> the policy that allows exactly
/// that.
/// </summary>
static class PortsVerb
{
    const string NoPolicy = "no policy";

    public static Verb Build(Setup setup) => Create(arguments => (new Machine("/", Probes.Command.RunAsync), setup.Load(arguments).Settings));

    /// <param name="open">The machine to look at and the settings in force.</param>
    public static Verb Create(Func<ParseResult, (Machine Machine, Settings Settings)> open)
    {
        var suggest = new Option<bool>("--suggest") { Description = "print the policy (JSON for conf.d) that allows exactly what listens now" };
        var format = new Option<string>("--format") { Description = "table or json", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "json");
        var verb = new Verb("ports", "what listens, who holds it and what the port policy says of it") { suggest, format };
        verb.SetAction((arguments, cancel) => Setup.GuardAsync(() =>
        {
            var (machine, settings) = open(arguments);
            var survey = PortSurvey.Look(machine, [], cancel).Named(PortPolicy.Of(settings));
            var output = arguments.InvocationConfiguration.Output;
            if (arguments.GetValue(suggest)) Output.Json(PortSuggestion.Of(survey), output);
            else if (arguments.GetValue(format) == "json") Output.Json(ToJson(survey, Verdicts(survey, settings, machine)), output);
            else PrintTable(survey, Verdicts(survey, settings, machine), output);
            foreach (var note in Notes(survey)) arguments.InvocationConfiguration.Error.WriteLine(note);
            return Task.FromResult(Exit.Good);
        }));
        return verb;
    }

    /// <summary>The worst verdict on each subject, in a word.</summary>
    static Dictionary<string, string> Verdicts(PortSurvey survey, Settings settings, Machine machine)
    {
        var words = new Dictionary<string, string>();
        if (PortPolicy.Of(settings) is not { } policy) return words;
        var verdicts = new PortVerdicts(policy, DateOnly.FromDateTime(machine.Now.UtcDateTime));
        foreach (var listener in survey.Listeners)
            if (verdicts.IsClient(listener, survey.Ephemeral)) words[listener.Subject] = "client";
        foreach (var subject in verdicts.Judge(survey).Where(finding => finding.Rule != PortRules.ExpectedPresent).GroupBy(finding => finding.Subject))
            words.TryAdd(subject.Key, subject switch
            {
                _ when subject.FirstOrDefault(finding => finding.Outcome == Outcome.Fail) is { } fail => fail.Rule == PortRules.ReachLimited ? "too wide" : "not allowed",
                _ when subject.Any(finding => finding.Outcome == Outcome.Unknown) => "unknown",
                _ => "allowed",
            });
        return words;
    }

    static void PrintTable(PortSurvey survey, Dictionary<string, string> verdicts, TextWriter output) =>
        Output.Table(["VERDICT", "PROTOCOL", "ADDRESS", "PORT", "REACH", "USER", "UNIT", "NAMESPACE", "PROGRAM"], survey.Listeners.Select(listener =>
        {
            var holder = listener.Holders.Count > 0 ? listener.Holders[0] : null;
            var verdict = verdicts.GetValueOrDefault(listener.Subject, NoPolicy);
            string[] cells =
            [
                verdict, listener.ProtocolName, listener.Dual == true ? "*" : listener.Address.ToString(), $"{listener.Port}", listener.Reach.ToString().ToLowerInvariant(), holder?.User ?? "",
                (listener.IsWaiting ? listener.Socket?.Name : null) ?? holder?.Unit ?? "", listener.Namespace ?? "", holder is null ? "unattributed" : (holder.Program ?? "?") + (holder.Deleted ? " (deleted)" : ""),
            ];
            return (ColourOf(verdict), cells);
        }), output);

    static string? ColourOf(string verdict) => verdict switch { "allowed" => "green", "not allowed" or "too wide" => "red", "unknown" => "yellow", _ => null };

    /// <summary>One object for each listener: the fields of the evidence, subject and verdict.</summary>
    static JsonArray ToJson(PortSurvey survey, Dictionary<string, string> verdicts) => [.. survey.Listeners.Select(listener =>
    {
        var item = listener.ToEvidence().ToJson();
        item.Insert(0, "subject", JsonValue.Create(Printable.Clean(listener.Subject, 512)));
        item.Add("verdict", JsonValue.Create(verdicts.GetValueOrDefault(listener.Subject, NoPolicy)));
        return (JsonNode)item;
    })];

    static IEnumerable<string> Notes(PortSurvey survey)
    {
        if (survey.HiddenProcesses) yield return "Not every process may be looked at, so some sockets have no known holder: the agent needs CAP_SYS_PTRACE, or they have more privileges than it.";
        if (survey.HiddenNamespaces) yield return "Not every process shows its network namespace, for the same reason: listeners in others may be missing.";
        if (survey.Listeners.Any(listener => listener.Chance is not null))
            yield return $"Ports of the kernel's client range ({survey.Ephemeral}) may be others after a restart: give such programs ports of their own before you allow them (of JMX: com.sun.management.jmxremote.rmi.port and .local.port), or allow the range to the unit.";
        foreach (var name in survey.EmptyNamespaces) yield return Printable.Clean($"Network namespace {name} cannot be looked into: no process is in it.", 512);
    }
}
