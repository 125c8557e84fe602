using System.CommandLine;

namespace Ratchet.Agent.Cli;

/// <summary>The part of the command line that is shown to people, in the order of its writing.</summary>
static class Shown
{
    public static IEnumerable<Verb> VerbsOf(this Verb verb) => verb.Subcommands.Where(inner => !inner.Hidden);

    public static IEnumerable<Option> OptionsOf(this Verb verb) => verb.Options.Where(option => !option.Hidden);

    /// <summary>Takes no value.</summary>
    public static bool IsFlag(this Option option) => option.ValueType == typeof(bool) || option.ValueType == typeof(void) || option.Arity.MaximumNumberOfValues == 0;
}
