using System.CommandLine;
using System.CommandLine.Completions;
using System.Text;
using Ratchet.Agent.Checks;

namespace Ratchet.Agent.Cli;

/// <summary><c>completion</c>, hidden: the bash completion, from the verbs and rules. A script without the agent in it: the tab key starts no process.</summary>
static class CompletionVerb
{
    public static Verb Build(Setup setup, RootCommand root)
    {
        var verb = new Verb("completion", "print the bash completion") { Hidden = true };
        verb.SetAction(_ =>
        {
            Console.Write(Script(root, setup.Rules));
            return Exit.Good;
        });
        return verb;
    }

    public static string Script(RootCommand root, IReadOnlyList<Rule> rules)
    {
        var shared = string.Join(' ', root.OptionsOf().Select(option => option.Name));
        var script = new StringBuilder();
        script.AppendLine("# bash completion for ratchet-agent; made from its verbs and rules").AppendLine("_ratchet_agent() {");
        script.AppendLine("    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]}");
        script.AppendLine("    local words='' IFS=$' \\t\\n'").AppendLine("    COMPREPLY=()").AppendLine("    case $verb,$before in");
        foreach (var verb in root.VerbsOf()) Values(script, verb, rules);
        script.AppendLine("    *,--config) words=@file ;;").AppendLine("    *) if [ \"$COMP_CWORD\" = 1 ]; then").AppendLine($"        words='{Names(root)} {shared}'").AppendLine("    else case $verb in");
        foreach (var verb in root.VerbsOf()) script.AppendLine($"        {verb.Name}) words='{Words(verb, rules)} {shared}' ;;");
        script.AppendLine("    esac; fi ;;").AppendLine("    esac");
        script.AppendLine("    case $words in");
        script.AppendLine("    @file) mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;").AppendLine("    @directory) mapfile -t COMPREPLY < <(compgen -d -- \"$word\") ;;");
        script.AppendLine("    *) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\") ;;");
        // After the options, verify takes files.
        script.AppendLine("    esac").AppendLine("    if [ \"${#COMPREPLY[@]}\" = 0 ] && [ \"$verb\" = verify ]; then mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); fi");
        return script.AppendLine("}").AppendLine("complete -o filenames -F _ratchet_agent ratchet-agent").ToString();
    }

    /// <summary>What may follow each option that takes a value.</summary>
    static void Values(StringBuilder script, Verb verb, IReadOnlyList<Rule> rules)
    {
        foreach (var option in verb.OptionsOf().Where(option => !option.IsFlag()))
        {
            var known = string.Join(' ', option.GetCompletions(CompletionContext.Empty).Select(item => item.Label));
            var values = known.Length > 0 ? known : option.HelpName switch
            {
                "AREA,…" => string.Join(' ', rules.Select(rule => rule.Area).Distinct()),
                "DIR" => "@directory",
                "JWKS" or "FILE" => "@file",
                _ => "",
            };
            script.AppendLine($"    {verb.Name},{option.Name}) words='{values}' ;;");
        }
    }

    static string Words(Verb verb, IReadOnlyList<Rule> rules) => string.Join(' ',
        new[] { Names(verb), string.Join(' ', verb.OptionsOf().Select(option => option.Name)) }
            .Concat(verb.Arguments.Any(argument => argument.Name == "RULE") ? rules.Select(rule => rule.Id) : []).Where(word => word.Length > 0));

    static string Names(Verb verb) => string.Join(' ', verb.VerbsOf().Select(inner => inner.Name));
}
