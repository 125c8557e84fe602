using System.Buffers.Text;

namespace Ratchet.Agent.Records;

/// <summary>What can be wrong with a record or a chain.</summary>
enum ProblemKind
{
    /// <summary>Not a record at all.</summary>
    Malformed,

    /// <summary>Signed by a key that is not in the set.</summary>
    UnknownKey,

    /// <summary>The signature does not fit: changed after it was signed.</summary>
    Forged,

    /// <summary>A key speaks for a host that it does not belong to.</summary>
    ForeignHost,

    /// <summary>Numbers are missing that no gap record declares.</summary>
    Missing,

    /// <summary>Two records with one number: a cloned or a stolen key.</summary>
    Forked,

    /// <summary>A record does not name the one before it.</summary>
    BrokenLink,

    /// <summary>The signing key changed without a record of the old key that names the new one.</summary>
    KeyChanged,

    /// <summary><c>event.sequence</c> goes back within a chain.</summary>
    OutOfOrder,
}

/// <param name="Host">The host that the record claims to be of; believed only where the signature is good.</param>
/// <param name="Sequence">Chain number, 0 where it cannot be read.</param>
sealed record Problem(ProblemKind Kind, string? Host, string? Chain, long Sequence, string Message);

/// <summary>What was found of one chain.</summary>
/// <param name="Records">Distinct records with a good signature.</param>
/// <param name="Declared">Records that signed gap records declare as given up.</param>
sealed record ChainReport(string Host, string Chain, long First, long Last, long Records, long Declared, bool IsWhole);

/// <param name="Accepted">Distinct records with a good signature.</param>
/// <param name="Repeated">Copies of accepted records, byte for byte: shipping is at least once.</param>
sealed record VerifyReport(long Accepted, long Repeated, IReadOnlyList<ChainReport> Chains, IReadOnlyList<Problem> Problems)
{
    public bool IsGood => Problems.Count == 0 && Accepted > 0;
}

/// <summary>What became of one record.</summary>
enum Verdict
{
    Accepted,
    Repeated,
    Refused,
}

/// <summary>
/// Checks records one by one as they come, in any order: form, signature, and that the key may speak for the host. At the end,
/// chain by chain: numbering, links, key changes.
/// </summary>
sealed class Verifier(KeySet keys)
{
    readonly Dictionary<(string Host, string Chain), VerifiedChain> chains = [];
    readonly List<Problem> problems = [];
    readonly Lock gate = new();
    long accepted, repeated;

    /// <summary>The keys that are believed from now on.</summary>
    public KeySet Keys { get; set; } = keys;

    /// <summary>Takes one record. Where it is refused, <paramref name="problem"/> says why.</summary>
    public Verdict Add(string compact, out Problem? problem)
    {
        problem = Examine(compact, out var claims, out var keyId);
        lock (gate)
        {
            var verdict = problem is null ? Keep(claims!, keyId, compact, out problem) : Verdict.Refused;
            if (problem is not null) problems.Add(problem);
            if (verdict == Verdict.Accepted) accepted++;
            if (verdict == Verdict.Repeated) repeated++;
            return verdict;
        }
    }

    /// <summary>A line that holds no record at all.</summary>
    public void AddMalformed(string message)
    {
        lock (gate) problems.Add(new Problem(ProblemKind.Malformed, null, null, 0, message));
    }

    /// <summary>Judges what has come so far.</summary>
    /// <param name="window">The ends of a chain may be missing (an export of one month), the middle not.</param>
    public VerifyReport Report(bool window)
    {
        lock (gate)
        {
            var all = new List<Problem>(problems);
            var reports = new List<ChainReport>();
            foreach (var chain in chains.Values.OrderBy(chain => chain.Host, StringComparer.Ordinal).ThenBy(chain => chain.Id, StringComparer.Ordinal))
                reports.Add(chain.Report(window, all));
            return new VerifyReport(accepted, repeated, reports, all);
        }
    }

    /// <summary>All that one record can be checked for without the others.</summary>
    Problem? Examine(string compact, out Claims? claims, out string keyId)
    {
        (claims, keyId) = (null, "");
        var token = Jws.Parse(compact, out var reason);
        var unreadable = "";
        if ((token?.Payload ?? Jws.PayloadOf(compact)) is { } payload) claims = Claims.Parse(payload, out unreadable);
        var (host, chain, sequence) = (claims?.Host, claims?.Chain, claims?.Sequence ?? 0);
        if (token is null) return new Problem(ProblemKind.Malformed, host, chain, sequence, reason);
        keyId = token.KeyId;
        if (!Keys.TryGet(keyId, out var key, out var hosts)) return new Problem(ProblemKind.UnknownKey, host, chain, sequence, $"signed by a key that is not in the set: {keyId}");
        lock (key)
            if (!token.IsSignedBy(key)) return new Problem(ProblemKind.Forged, host, chain, sequence, "the signature does not fit: changed after it was signed");
        if (claims is null) return new Problem(ProblemKind.Malformed, null, null, 0, unreadable);
        return hosts.Contains(claims.Host)
            ? null
            : new Problem(ProblemKind.ForeignHost, host, chain, sequence, $"key {keyId} belongs to {string.Join(", ", hosts)} and speaks for {claims.Host}");
    }

    Verdict Keep(Claims claims, string keyId, string compact, out Problem? problem)
    {
        if (!chains.TryGetValue((claims.Host, claims.Chain), out var chain)) chains[(claims.Host, claims.Chain)] = chain = new VerifiedChain(claims.Host, claims.Chain);
        return chain.Add(claims, keyId, Base64Url.DecodeFromChars(Jws.Hash(compact)), out problem);
    }
}
