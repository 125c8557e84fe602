namespace Ratchet.Agent.Checks.Sshd;

/// <summary>sshd's pattern lists: <c>*</c>, <c>?</c>, comma between, <c>!</c> before; one negated match loses all (ssh_config(5), PATTERNS).</summary>
static class Pattern
{
    /// <summary>Whether a list names the text: true yes, false no, null named by a negated entry.</summary>
    public static bool? MatchesList(string list, string text)
    {
        var found = false;
        foreach (var (pattern, negated) in Entries(list))
            if (Wildcard.Matches(pattern, text))
            {
                if (negated) return null;
                found = true;
            }
        return found;
    }

    /// <summary>
    /// Whether a list of addresses, CIDR ranges and wildcards names the address. A range is compared as numbers, a wildcard
    /// with the address as text.
    /// </summary>
    public static bool? MatchesAddresses(string list, string address)
    {
        var number = AddressRange.Parse(address);
        var found = false;
        foreach (var (pattern, negated) in Entries(list))
            if (AddressRange.Parse(pattern) is { } range ? number is not null && range.Contains(number) : Wildcard.Matches(pattern, address))
            {
                if (negated) return null;
                found = true;
            }
        return found;
    }

    public static IEnumerable<(string Pattern, bool Negated)> Entries(string list) =>
        list.Split(',').Select(entry => entry.StartsWith('!') ? (entry[1..], true) : (entry, false));

    /// <summary>Texts that a pattern names; the pattern itself where it has no wildcard.</summary>
    public static IEnumerable<string> Instances(string pattern) =>
        pattern.AsSpan().IndexOfAny("*?") < 0
            ? [pattern]
            : [pattern.Replace("*", "", StringComparison.Ordinal).Replace('?', 'x'), pattern.Replace("*", "x", StringComparison.Ordinal).Replace('?', 'x')];
}
