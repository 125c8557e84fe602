using System.Net;
using System.Numerics;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>A connection that stands for all to which the same Match blocks apply.</summary>
/// <param name="Connection">Null where the configuration has no Match block: then all connections are alike.</param>
/// <param name="ForRoot">Whether its user has uid 0.</param>
sealed record Context(Connection? Connection, IReadOnlyList<MatchBlock> Matching, bool ForRoot)
{
    public override string ToString() => Connection is null ? "every connection"
        : Matching.Count == 0 ? $"{Connection}, no Match block" : $"{Connection}{Local}, {string.Join(", ", Matching)}";

    /// <summary>The side of the host is told only where a block asks for it.</summary>
    string Local => Matching.Any(block => block.AllCriteria.Any(c => c.Kind is "localaddress" or "localport")) ? $" to {Connection!.LocalAddress} port {Connection.LocalPort}" : "";
}

/// <summary>
/// The connections that the Match blocks of a configuration make different. Candidates are taken for each property from the
/// accounts of the host and from the patterns; of those that no pattern tells apart one stays.
/// </summary>
/// <param name="Incomplete">Why a context may be missing, or null.</param>
sealed record Contexts(IReadOnlyList<Context> All, string? Incomplete)
{
    const int CombinationLimit = 200_000;
    const int ContextLimit = 64;
    const string MadeUpUser = "ratchet-nobody";

    // Documentation addresses (RFC 5737, RFC 3849): in nobody's allow list.
    static readonly string[] Outside = ["203.0.113.77", "2001:db8::77"];

    // What a star can stand for in an address: octets, groups of hexadecimal digits, or all of it.
    static readonly string[] Fillings = ["1", "", "1.1", "1.1.1", "203.0.113.1", "::1", "1::1", "1:1:1:1:1:1:1", "2001:db8::1"];

    public static Contexts Of(SshdConfig config, Accounts accounts, IReadOnlyList<int> ports, bool usesNames, IReadOnlyList<SshContextSettings> configured)
    {
        if (config.Blocks.Count == 0) return new Contexts([new Context(null, [], true)], config.Problem);
        var criteria = config.Blocks.SelectMany(block => block.Criteria).Distinct().ToArray();
        var basis = new Connection(MadeUpUser, Outside[0], Outside[0], "127.0.0.1", ports.Count > 0 ? ports[0] : 22, "");
        List<Class>[] classes =
        [
            Classes(config, accounts, Users(criteria, accounts).Select(user => basis with { User = user }), "user", "group", "invalid-user"),
            Classes(config, accounts, Peers(criteria, usesNames).Select(peer => basis with { Address = peer.Address, Host = peer.Host }), "address", "host"),
            Classes(config, accounts, Addresses(criteria, "localaddress").Prepend(basis.LocalAddress).Select(address => basis with { LocalAddress = address }), "localaddress"),
            Classes(config, accounts, ports.Prepend(basis.LocalPort).Select(port => basis with { LocalPort = port }), "localport"),
            Classes(config, accounts, Patterns(criteria, "rdomain").SelectMany(Pattern.Instances).Prepend("").Select(name => basis with { RDomain = name }), "rdomain"),
        ];
        var incomplete = config.Problem ?? Gaps(config, criteria, accounts);
        if (classes.Aggregate(1.0, (product, list) => product * list.Count) > CombinationLimit)
            incomplete ??= $"the Match blocks tell more than {CombinationLimit} combinations apart";

        var product =
            from user in classes[0] from peer in classes[1] from local in classes[2] from door in classes[3] from domain in classes[4]
            select new Class(
                user.Connection with { Address = peer.Connection.Address, Host = peer.Connection.Host, LocalAddress = local.Connection.LocalAddress, LocalPort = door.Connection.LocalPort, RDomain = domain.Connection.RDomain },
                user.Blocks & peer.Blocks & local.Blocks & door.Blocks & domain.Blocks);
        var found = product.Take(CombinationLimit).DistinctBy(context => context.Blocks).Select(context => context.Connection).ToArray();
        if (found.Length > ContextLimit) incomplete ??= $"the Match blocks make {found.Length} contexts different, of which {ContextLimit} were judged";
        var named = configured.Select(c => basis with { User = c.User, Address = c.Address, Host = c.Host ?? c.Address });
        return new Contexts([.. named.Concat(found.Take(ContextLimit)).Select(Describe)], incomplete);

        Context Describe(Connection connection) => new(
            connection, [.. config.Blocks.Where(block => block.Matches(connection, accounts))], accounts.Find(connection.User)?.Uid == 0);
    }

    /// <summary>Connections that differ in one property, one for each set of blocks that this property lets through.</summary>
    static List<Class> Classes(SshdConfig config, Accounts accounts, IEnumerable<Connection> candidates, params string[] kinds)
    {
        var conditions = config.Blocks.Select(block => block.AllCriteria.Where(criterion => kinds.Contains(criterion.Kind)).ToArray()).ToArray();
        return [.. candidates.Select(candidate => new Class(candidate, Passing(candidate))).DistinctBy(one => one.Blocks)];

        BigInteger Passing(Connection candidate)
        {
            var bits = BigInteger.Zero;
            for (var i = 0; i < conditions.Length; i++)
                if (conditions[i].All(criterion => criterion.Matches(candidate, accounts))) bits |= BigInteger.One << i;
            return bits;
        }
    }

    /// <param name="Blocks">A bit for each Match block that it may enter.</param>
    readonly record struct Class(Connection Connection, BigInteger Blocks);

    /// <summary>What the enumeration cannot see of this configuration, or null.</summary>
    static string? Gaps(SshdConfig config, Criterion[] criteria, Accounts accounts)
    {
        if (config.Blocks.FirstOrDefault(block => block.Criteria.Any(c => !c.IsKnown)) is { } block)
            return $"{block.File}:{block.Line}: this kind of Match criterion is not known here";
        if (accounts.HasDirectory && criteria.Any(c => c.Kind == "group")) return "the groups of accounts in a directory are not all known here";
        foreach (var criterion in criteria.Where(c => c.Kind is "address" or "localaddress"))
            foreach (var (pattern, _) in Pattern.Entries(criterion.Pattern))
                if (AddressRange.Parse(pattern) is null && !Filled(pattern).Any()) return $"no address was found that the pattern {pattern} names";
        return null;
    }

    static IEnumerable<string> Patterns(Criterion[] criteria, string kind) =>
        criteria.Where(criterion => criterion.Kind == kind).SelectMany(criterion => Pattern.Entries(criterion.Pattern)).Select(entry => entry.Pattern);

    static IEnumerable<string> Users(Criterion[] criteria, Accounts accounts) => accounts.All.Select(account => account.Name)
        .Concat(Patterns(criteria, "user").SelectMany(Pattern.Instances)).Append(MadeUpUser)
        // A name with a comma cannot be given to -C, nor be written in a pattern list.
        .Where(name => name.Length > 0 && !name.Contains(',', StringComparison.Ordinal)).Distinct();

    static IEnumerable<(string Address, string Host)> Peers(Criterion[] criteria, bool usesNames)
    {
        var addresses = Outside.Concat(Addresses(criteria, "address")).Concat(usesNames ? [] : Addresses(criteria, "host")).Distinct().ToArray();
        var peers = addresses.Select(address => (address, address));
        if (!usesNames) return peers;
        var names = Patterns(criteria, "host").SelectMany(Pattern.Instances).Where(name => name.Length > 0).Append("host.example.net").Distinct().ToArray();
        return peers.Concat(addresses.SelectMany(address => names.Select(name => (address, name))));
    }

    static IEnumerable<string> Addresses(Criterion[] criteria, string kind) =>
        Patterns(criteria, kind).SelectMany(pattern => AddressRange.Parse(pattern)?.Edges() ?? Filled(pattern)).Distinct();

    /// <summary>Addresses that a wildcard names, in the form in which sshd compares them.</summary>
    static IEnumerable<string> Filled(string pattern) => Fillings
        .Select(text => pattern.Replace("*", text, StringComparison.Ordinal).Replace('?', '1'))
        .Where(text => AddressRange.Parse(text) is { } address && address.First == address.Last && IPAddress.Parse(text).ToString() == text);
}
