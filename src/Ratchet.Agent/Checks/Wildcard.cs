using System.IO.Enumeration;

namespace Ratchet.Agent.Checks;

/// <summary>Patterns of the configuration: <c>*</c> any run of characters, <c>?</c> one; nothing else is special, case counts.</summary>
static class Wildcard
{
    public static bool Matches(string pattern, string text) =>
        FileSystemName.MatchesSimpleExpression(pattern.Replace("\\", "\\\\", StringComparison.Ordinal), text, ignoreCase: false);
}
