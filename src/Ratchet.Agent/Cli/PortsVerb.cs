using System.CommandLine;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Spectre.Console;
using Command = System.CommandLine.Command;

namespace Ratchet.Agent.Cli;

/// <summary>
/// <c>ratchet-agent ports</c>: what listens, who holds it and what the policy says of it; with <c>--suggest</c> the policy that
/// allows exactly that.
/// </summary>
static class PortsVerb
{
    // Without a terminal lines are not folded: the table is read by grep.
    const int UnfoldedWidth = 400;
    const int TextLimit = 200;

    /// <param name="open">The machine to look at and the settings in force.</param>
    public static Command Create(Func<ParseResult, (Machine Machine, Settings Settings)> open)
    {
        var suggest = new Option<bool>("--suggest") { Description = "Print the policy (JSON for conf.d) that allows exactly what listens now" };
        var format = new Option<string>("--format") { Description = "table or json", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "json");
        var command = new Command("ports", "Show what listens, who holds it and what the port policy says of it") { suggest, format };
        command.SetAction((result, cancel) =>
        {
            var (machine, settings) = open(result);
            var survey = PortSurvey.Look(machine, [], cancel);
            var output = result.InvocationConfiguration.Output;
            if (result.GetValue(suggest)) output.WriteLine(PortSuggestion.Of(survey));
            else Print(survey, Verdicts(survey, settings, machine), result.GetValue(format) == "json", output);
            foreach (var note in Notes(survey)) result.InvocationConfiguration.Error.WriteLine(Printable.Clean(note, TextLimit));
            return Task.FromResult(0);
        });
        return command;
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

    static void Print(PortSurvey survey, Dictionary<string, string> verdicts, bool json, TextWriter output)
    {
        if (json) output.WriteLine(PortListing.Json(survey, verdicts));
        else PrintTable(survey, verdicts, output);
    }

    static void PrintTable(PortSurvey survey, Dictionary<string, string> verdicts, TextWriter output)
    {
        var terminal = output == Console.Out && !Console.IsOutputRedirected;
        var plain = !terminal || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect });
        if (!terminal) console.Profile.Width = UnfoldedWidth;
        var table = new Table { Border = TableBorder.Simple }
            .AddColumns("protocol", "address", "port", "reach", "program", "user", "unit", "namespace", "verdict");
        foreach (var listener in survey.Listeners)
        {
            var holder = listener.Holders.Count > 0 ? listener.Holders[0] : null;
            var verdict = verdicts.GetValueOrDefault(listener.Subject, "no policy");
            table.AddRow(
                Cell(listener.ProtocolName), Cell(listener.Dual == true ? "*" : listener.Address.ToString()), Cell($"{listener.Port}"), Cell(listener.Reach.ToString().ToLowerInvariant()),
                Cell(holder is null ? "unattributed" : (holder.Program ?? "?") + (holder.Deleted ? " (deleted)" : "")), Cell(holder?.User), Cell(listener.Socket?.Name is { } unit && listener.IsWaiting ? unit : holder?.Unit),
                Cell(listener.Namespace), verdict switch
                {
                    "allowed" => new Text(verdict, new Style(Color.Green)),
                    "not allowed" or "too wide" => new Text(verdict, new Style(Color.Red)),
                    "unknown" => new Text(verdict, new Style(Color.Yellow)),
                    _ => new Text(verdict),
                });
        }
        console.Write(table);
    }

    /// <summary>Text, not markup: brackets in a path stay what they are, and control characters are spelled out.</summary>
    static Text Cell(string? text) => new(Printable.Clean(text ?? "", TextLimit));

    static IEnumerable<string> Notes(PortSurvey survey)
    {
        if (survey.HiddenProcesses) yield return "Not every process may be looked at: run as root to see who holds all sockets.";
        if (survey.HiddenNamespaces) yield return "Other network namespaces could not be looked at: run as root.";
        foreach (var name in survey.EmptyNamespaces) yield return $"Network namespace {name} cannot be looked into: no process is in it.";
    }
}
