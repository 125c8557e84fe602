namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>A line that some session reaches: none of those before it takes all that it would match.</summary>
/// <param name="IsRemote">Some client of another host reaches it.</param>
/// <param name="IsUncertain">
/// An earlier line for a group, or an earlier reject for patterns, host names or the own network, may take all of these sessions; only
/// the server knows.
/// </param>
sealed record HbaMatch(HbaLine Line, HbaName Database, HbaName User, bool IsRemote, bool IsUncertain);

/// <summary>
/// The order of pg_hba.conf: the server takes the first line that matches type, database, user and address, and no other.
/// So a line counts only for what the lines before it leave.
/// </summary>
/// <param name="own">The host's own addresses beside loopback: a client there is no other host.</param>
/// <param name="outsider">Some role that may log in is in none of the groups of the file: lines for groups leave sessions of <c>all</c>.</param>
sealed class HbaOrder(IReadOnlyList<HbaLine> lines, AddressSet own, bool outsider = false)
{
    /// <summary>Stand in a key for the members of some group, and for the databases that are named after the user or a group of his.</summary>
    const string SomeMembers = "+", OwnDatabase = "~";

    // Of one kind of session. Ten thousand lines take some hundred thousand.
    const int StepLimit = 10_000_000;

    static readonly AddressSet All = AddressSet.All, Loopback = AddressSet.Loopback;

    int steps;

    /// <summary>What earlier lines have taken of one pair of database and user.</summary>
    sealed class Taken
    {
        public AddressSet Addresses { get; } = new();

        public bool OwnNetwork { get; set; }

        public bool SomeRejected { get; set; }
    }

    /// <summary>The lines that a session of this kind can reach, in order, for each database and user that they name.</summary>
    public IEnumerable<HbaMatch> Reached(Wire wire)
    {
        var taken = new Dictionary<(string, string), Taken>();
        steps = 0;
        foreach (var line in lines.Where(line => line.Matches(wire)))
        {
            foreach (var database in line.Databases)
                foreach (var user in line.Users)
                    if (Rest(line, database, user, taken) is { } match) yield return match;
            foreach (var database in line.Databases)
                foreach (var user in line.Users)
                    Take(line, database, user, taken);
        }
    }

    /// <summary>The same lines for one role: those that name it, a group of it, or all.</summary>
    public HbaOrder For(string role, IReadOnlySet<string> groups)
    {
        var name = new HbaName(role, Quoted: true);
        return new HbaOrder([.. lines.Select(line => line with { Users = [.. line.Users.Where(user => Names(user, role, groups)).Select(user => user.IsPattern ? user : name).Distinct()] }).Where(line => line.Users.Count > 0)], own, outsider: true);
    }

    static bool Names(HbaName user, string role, IReadOnlySet<string> groups) =>
        user.IsAll || user.IsPattern || (user.IsGroup ? groups.Contains(user.Text[1..]) : user.Text == role);

    HbaMatch? Rest(HbaLine line, HbaName database, HbaName user, Dictionary<(string, string), Taken> taken)
    {
        var before = Covering(database, user).Select(key => taken.GetValueOrDefault(key)).OfType<Taken>().ToArray();
        // A reject for a pattern of names may mean this one too.
        var uncertain = before.Any(earlier => earlier.SomeRejected) || (taken.TryGetValue(("?", "?"), out var patterns) && patterns.SomeRejected);
        var perhaps = Perhaps(database, user).Select(key => taken.GetValueOrDefault(key)).OfType<Taken>().ToArray();
        uncertain |= perhaps.Any(earlier => earlier.SomeRejected);
        if (line.Address is not { } address)
            return before.Any(earlier => !earlier.Addresses.IsEmpty) ? null : new HbaMatch(line, database, user, false, uncertain || perhaps.Any(earlier => !earlier.Addresses.IsEmpty));
        if (address.Addresses is not { } addresses)
        {
            var gone = AreTaken(All, before) || (address.Text == "samenet" && before.Any(earlier => earlier.OwnNetwork));
            return gone ? null : new HbaMatch(line, database, user, !address.IsOwn, uncertain || MayBeTaken(All, before, perhaps));
        }
        if (AreTaken(addresses, before)) return null;
        var isRemote = !AreTaken(addresses, before, Loopback, own);
        return new HbaMatch(line, database, user, isRemote, uncertain || (isRemote ? MayBeTaken(addresses, before, perhaps, Loopback, own) : MayBeTaken(addresses, before, perhaps)));
    }

    bool MayBeTaken(AddressSet addresses, IEnumerable<Taken> before, Taken[] perhaps, params IEnumerable<AddressSet> more) =>
        perhaps.Length > 0 && AreTaken(addresses, before.Concat(perhaps), more);

    /// <exception cref="FormatException">So many ranges lie side by side that it takes too long to say.</exception>
    bool AreTaken(AddressSet addresses, IEnumerable<Taken> before, params IEnumerable<AddressSet> more)
    {
        var taken = addresses.IsWithin([.. before.Select(earlier => earlier.Addresses), .. more], ref steps);
        return steps <= StepLimit ? taken : throw new FormatException($"which of {lines.Count} lines of pg_hba.conf a session reaches takes more than {StepLimit} steps to tell");
    }

    static void Take(HbaLine line, HbaName database, HbaName user, Dictionary<(string, string), Taken> taken)
    {
        var isPattern = database.IsPattern || user.IsPattern;
        Take(line, isPattern ? ("?", "?") : (Key(database), Key(user)), taken);
        if (!isPattern && (user.IsGroup || database.IsOwn)) Take(line, (database.IsOwn ? OwnDatabase : Key(database), user.IsGroup ? SomeMembers : Key(user)), taken);
    }

    static void Take(HbaLine line, (string, string) key, Dictionary<(string, string), Taken> taken)
    {
        if (!taken.TryGetValue(key, out var all)) taken[key] = all = new Taken();
        if (key == ("?", "?")) all.SomeRejected |= line.Rejects;
        else if (line.Address is null) all.Addresses.Add(AddressSet.All);
        else if (line.Address.Addresses is { } addresses) all.Addresses.Add(addresses);
        else if (line.Address.Text == "samenet") (all.OwnNetwork, all.SomeRejected) = (true, all.SomeRejected || line.Rejects);
        else if (!line.Address.IsOwn) all.SomeRejected |= line.Rejects;
    }

    /// <summary>The pairs whose lines take sessions of this one. <c>all</c> databases do not mean replication.</summary>
    static IEnumerable<(string, string)> Covering(HbaName database, HbaName user)
    {
        var users = user.IsAll ? new[] { "*" } : [Key(user), "*"];
        var databases = database.IsAll ? new[] { "*" } : database.IsReplication ? [Key(database)] : [Key(database), "*"];
        return databases.SelectMany(d => users.Select(u => (d, u)));
    }

    /// <summary>The pairs whose lines may take sessions of this one, beside those that do: whom they mean, only the server knows.</summary>
    IEnumerable<(string, string)> Perhaps(HbaName database, HbaName user)
    {
        string[] databases = database.IsAll ? ["*"] : database.IsReplication ? [Key(database)] : [Key(database), "*"];
        if (!user.IsAll || !outsider)
            foreach (var name in databases) yield return (name, SomeMembers);
        // All databases, or all users, are more than those of one name.
        if (user.IsAll || database.IsAll || database.IsReplication) yield break;
        foreach (var name in new[] { Key(user), "*", SomeMembers }) yield return (OwnDatabase, name);
    }

    /// <summary>A name in quotes is a name, whatever it spells.</summary>
    static string Key(HbaName name) =>
        name.IsAll ? "*" : !name.Quoted && (name.IsGroup || name.IsReplication || name.IsOwn) ? "~" + name.Text : "=" + name.Text;
}
