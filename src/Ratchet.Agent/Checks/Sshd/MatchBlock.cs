namespace Ratchet.Agent.Checks.Sshd;

/// <summary>One connection, as the <c>-C</c> option of sshd describes it.</summary>
/// <param name="Host">The client's name, which without UseDNS is its address.</param>
sealed record Connection(string User, string Address, string Host, string LocalAddress, int LocalPort, string RDomain)
{
    public string Specification => $"user={User},host={Host},addr={Address},laddr={LocalAddress},lport={LocalPort},rdomain={RDomain}";

    public override string ToString() =>
        $"{User} from {Address}{(Host == Address ? "" : $" ({Host})")}{(RDomain.Length == 0 ? "" : $" in routing domain {RDomain}")}";
}

/// <summary>One word pair of a Match line.</summary>
/// <param name="Kind">In lower case: user, group, host, address, localaddress, localport, rdomain, all, invalid-user or something newer.</param>
sealed record Criterion(string Kind, string Pattern)
{
    /// <summary>Whether a connection meets it; false for a kind that is not known here.</summary>
    public bool Matches(Connection connection, Accounts accounts) => Kind switch
    {
        "all" => true,
        "user" => Sshd.Pattern.MatchesList(Pattern, connection.User) == true,
        "group" => MatchesGroups(accounts.GroupsOf(connection.User)),
        "host" => Sshd.Pattern.MatchesList(Pattern.ToLowerInvariant(), connection.Host.ToLowerInvariant()) == true,
        "address" => Sshd.Pattern.MatchesAddresses(Pattern, connection.Address) == true,
        "localaddress" => Sshd.Pattern.MatchesAddresses(Pattern, connection.LocalAddress) == true,
        "localport" => int.TryParse(Pattern, out var port) && port == connection.LocalPort,
        "rdomain" => Sshd.Pattern.MatchesList(Pattern, connection.RDomain) == true,
        "invalid-user" => accounts.Find(connection.User) is null,
        _ => false,
    };

    public bool IsKnown => Kind is "all" or "user" or "group" or "host" or "address" or "localaddress" or "localport" or "rdomain" or "invalid-user";

    /// <summary>One group that a negated entry names outweighs all others.</summary>
    bool MatchesGroups(IEnumerable<string> groups)
    {
        var results = groups.Select(group => Sshd.Pattern.MatchesList(Pattern, group)).ToArray();
        return !results.Contains(null) && results.Contains(true);
    }
}

/// <summary>A Match line and, where its file is included inside another Match block, the line around it: both must hold.</summary>
sealed record MatchBlock(IReadOnlyList<Criterion> Criteria, string File, int Line, MatchBlock? Outer)
{
    /// <exception cref="FormatException">The line is not one that sshd accepts.</exception>
    public static MatchBlock Parse(string text, string file, int line, MatchBlock? outer)
    {
        var words = ArgumentLine.Criteria(text);
        var criteria = new List<Criterion>();
        for (var i = 0; i < words.Count; i++)
        {
            var kind = words[i].ToLowerInvariant();
            criteria.Add(kind is "all" or "invalid-user" ? new Criterion(kind, "")
                : ++i < words.Count ? new Criterion(kind, words[i])
                : throw new FormatException($"{file}:{line}: Match {kind} has no argument"));
        }
        return new MatchBlock(criteria, file, line, outer);
    }

    public IEnumerable<Criterion> AllCriteria => Outer is null ? Criteria : Criteria.Concat(Outer.AllCriteria);

    public bool Matches(Connection connection, Accounts accounts) => AllCriteria.All(criterion => criterion.Matches(connection, accounts));

    public override string ToString() => $"Match {string.Join(' ', Criteria.Select(c => c.Pattern.Length == 0 ? c.Kind : $"{c.Kind} {c.Pattern}"))} ({File}:{Line})";
}
