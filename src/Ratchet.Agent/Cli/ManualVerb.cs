using System.CommandLine;
using System.Text;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Cli;

/// <summary><c>manual</c>, hidden: the page ratchet-agent(8) in man(7)'s macros, from the verbs and rules. The package is made with it.</summary>
static class ManualVerb
{
    public static Verb Build(Setup setup, RootCommand root)
    {
        var verb = new Verb("manual", "print the manual page") { Hidden = true };
        verb.SetAction(_ =>
        {
            Console.Write(Page(root, setup.Rules));
            return Exit.Good;
        });
        return verb;
    }

    public static string Page(RootCommand root, IEnumerable<Rule> rules)
    {
        var page = new StringBuilder();
        page.AppendLine($".TH RATCHET\\-AGENT 8 \"\" \"Ratchet Agent {Text(Records.Speaker.AgentVersion)}\"");
        // Ragged right: long words such as lists of ciphers leave nothing to stretch.
        page.AppendLine(".ad l");
        page.AppendLine(".SH NAME").AppendLine($"ratchet\\-agent \\- {Text(Lower(root.Description!).TrimEnd('.'))}");
        page.AppendLine(".SH SYNOPSIS").AppendLine(".B ratchet\\-agent").AppendLine(".I VERB").AppendLine("[\\fIoptions\\fR]");
        page.AppendLine(".SH VERBS");
        foreach (var verb in root.VerbsOf()) Describe(page, verb, verb.Name);
        page.AppendLine(".SH OPTIONS OF EVERY VERB");
        foreach (var option in root.OptionsOf()) Describe(page, option);
        Say(page, "FILES", Files);
        Say(page, "EXIT STATUS", ExitStatus);
        page.AppendLine(".SH RULES").AppendLine("Each is judged \\fIpassed\\fR, \\fIfailed\\fR, \\fIunknown\\fR (with the reason), \\fInot_applicable\\fR or \\fIwaived\\fR.");
        foreach (var rule in rules) page.AppendLine(".TP").AppendLine($".B {Text(rule.Id)}").AppendLine($"{Text(rule.Title)}. {Text(rule.Remedy)}");
        page.AppendLine(".SH SEE ALSO").AppendLine(".BR systemctl (1),").AppendLine(".BR journalctl (1)");
        return page.ToString();
    }

    static readonly (string Term, string Text)[] Files =
    [
        (SettingsFile.DefaultPath, "the configuration; without it every setting has its default"),
        ("/etc/ratchet-agent/conf.d/*.json", "more of it, read after, in name order; objects merge, lists append"),
        (new Settings().State, "key, chain, spool and verdicts; the service's alone"),
    ];

    static readonly (string Term, string Text)[] ExitStatus =
    [
        ($"{Exit.Good}", "all is well"),
        ($"{Exit.Bad}", "what was asked for is not so: a rule fails, a record is forged or missing, the service is not healthy"),
        ($"{Exit.Unknown}", "check: nothing fails, and something is unknown"),
        ($"{Exit.NotRunning}", "status: the service does not run"),
        ($"{Exit.Configuration}", "the configuration is bad; the message names file, path and reason"),
    ];

    static void Describe(StringBuilder page, Verb verb, string path)
    {
        var arguments = string.Concat(verb.Arguments.Select(argument => $" \\fI{Text(argument.Name)}\\fR"));
        page.AppendLine(".TP").AppendLine($"\\fB{Text(path)}\\fR{arguments}").AppendLine($"{Text(verb.Description!)}.");
        foreach (var argument in verb.Arguments) page.AppendLine(".RS").AppendLine(".TP").AppendLine($".I {Text(argument.Name)}").AppendLine($"{Text(argument.Description!)}.").AppendLine(".RE");
        page.AppendLine(".RS");
        foreach (var option in verb.OptionsOf()) Describe(page, option);
        page.AppendLine(".RE");
        foreach (var inner in verb.VerbsOf()) Describe(page, inner, $"{path} {inner.Name}");
    }

    static void Describe(StringBuilder page, Option option)
    {
        var value = option.IsFlag() ? "" : $" \\fI{Text(option.HelpName ?? option.Name.TrimStart('-').ToUpperInvariant())}\\fR";
        page.AppendLine(".TP").AppendLine($"\\fB{Text(option.Name)}\\fR{value}").AppendLine($"{Text(option.Description!)}.");
    }

    static void Say(StringBuilder page, string heading, IEnumerable<(string Term, string Text)> entries)
    {
        page.AppendLine($".SH {heading}");
        foreach (var (term, text) in entries) page.AppendLine(".TP").AppendLine($".B {Text(term)}").AppendLine($"{Text(text)}.");
    }

    static string Lower(string sentence) => char.ToLowerInvariant(sentence[0]) + sentence[1..];

    /// <summary>
    /// A hyphen that is typed, and a backslash, are escaped; a list without spaces may be broken after its commas; a line that
    /// begins with a dot or an apostrophe would be a macro.
    /// </summary>
    internal static string Text(string text)
    {
        var escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal).Replace(",", ",\\:", StringComparison.Ordinal).ReplaceLineEndings(" ");
        return escaped is ['.' or '\'', ..] ? "\\&" + escaped : escaped;
    }
}
