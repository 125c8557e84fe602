namespace Ratchet.Agent.Checks;

/// <summary>
/// Patterns of our configuration and of sshd_config: <c>*</c> is any text, <c>?</c> any one character; nothing else is special, a
/// slash neither, and case counts. The time grows with the product of the lengths at most, whatever the pattern.
/// </summary>
static class Wildcard
{
    /// <summary>Whether the pattern names the whole text.</summary>
    public static bool Matches(string pattern, string text)
    {
        var (p, t, star, mark) = (0, 0, -1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*') (star, mark) = (p++, t);
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == text[t])) (p, t) = (p + 1, t + 1);
            else if (star >= 0) (p, t) = (star + 1, ++mark);
            else return false;
        }
        return pattern.AsSpan(p).TrimStart('*').IsEmpty;
    }
}
