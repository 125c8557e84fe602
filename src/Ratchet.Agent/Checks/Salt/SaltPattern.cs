using System.Text.RegularExpressions;

namespace Ratchet.Agent.Checks.Salt;

/// <summary>
/// A regular expression of an access list, tried as Salt's match_check tries it (Python's re.match): at the beginning of a name, to
/// whatever end. Read is what Python and .NET understand alike.
/// </summary>
static class SaltPattern
{
    const int Limit = 200;
    const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;
    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    /// <summary>Characters, groups and alternatives, classes without one another, repetitions by number.</summary>
    static readonly Regex Common = new(
        @"^([A-Za-z0-9_ .,:;/@%*+?|()^$-]|\\([^A-Za-z0-9]|[dwsDWSbBAZ])|\{[0-9]{1,2}(,[0-9]{0,2})?\}|\[\^?([A-Za-z0-9_.,:*+?|()$ -]|\\([^A-Za-z0-9]|[dws]))+\])*\z", Options, Timeout);

    /// <summary>The first of the names that the pattern allows; null where it allows none.</summary>
    /// <exception cref="FormatException">Python may read the pattern otherwise, or not at all.</exception>
    public static string? FirstMatch(string pattern, IReadOnlyList<string> names)
    {
        var regex = Compiled(pattern);
        // The leftmost match is the one at the beginning where there is one.
        return names.FirstOrDefault(name => regex.Match(name) is { Success: true, Index: 0 });
    }

    static Regex Compiled(string pattern)
    {
        if (!IsCommon(pattern)) throw NotJudged(pattern);
        try
        {
            return new Regex(pattern, Options, Timeout);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw NotJudged(pattern);
        }
    }

    /// <summary>Groups with a meaning of their own and deep repetitions are not.</summary>
    static bool IsCommon(string pattern) =>
        pattern.Length <= Limit && Common.IsMatch(pattern) && pattern.Count(c => c == '{') <= 2
        && !pattern.Replace("(?:", "(", StringComparison.Ordinal).Contains("(?", StringComparison.Ordinal);

    static FormatException NotJudged(string pattern) => new($"the pattern {Printable.Clean(pattern, 64)} is not judged");
}
