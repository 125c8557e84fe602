namespace Ratchet.Agent.Records;

/// <summary>What can be wrong with a record or a chain, and what is worth knowing of one.</summary>
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

    /// <summary>A record is dated before or after the time of which its key may speak. Of a key that was believed no longer, a notice.</summary>
    OutsideValidity,

    /// <summary>Numbers, or a whole chain, are missing that no gap record declares. Of a chain before a window, a notice.</summary>
    Missing,

    /// <summary>Two records with one number: a cloned or a stolen key.</summary>
    Forked,

    /// <summary>A record does not name the one before it.</summary>
    BrokenLink,

    /// <summary>The signing key changed without a record of the old key that names the new one.</summary>
    KeyChanged,

    /// <summary><c>event.sequence</c> goes back within a chain.</summary>
    OutOfOrder,

    /// <summary>A record is dated well before the one before it: the host's clock was set back. A notice, no problem: the numbers prove the order.</summary>
    BackDated,

    /// <summary>A host has begun another chain, for the reason that its record 1 gives. A notice, no problem.</summary>
    NewChain,
}

/// <param name="Host">The host that the record claims to be of; believed only where the signature is good.</param>
/// <param name="Sequence">Chain number, 0 where it cannot be read.</param>
sealed record Problem(ProblemKind Kind, string? Host, string? Chain, long Sequence, string Message);

/// <summary>A record of a chain: its number, and when it says that it was written.</summary>
readonly record struct Position(long Sequence, DateTimeOffset Time);

/// <summary>What was found of one chain.</summary>
/// <param name="Reason">Why it begins, where record 1 is here.</param>
/// <param name="Follows">The chain before it, where record 1 is here and knows it.</param>
/// <param name="Records">Distinct records with a good signature.</param>
/// <param name="Declared">Records that signed gap records declare as given up.</param>
/// <param name="Missing">Records that are missing and declared nowhere.</param>
/// <param name="Rotations">How often the key was replaced by one that the old key named.</param>
/// <param name="BackDated">How often the clock was set back.</param>
sealed record ChainReport(
    string Host, string Chain, Position FirstPosition, Position LastPosition, string? Reason, string? Follows,
    long Records, long Declared, long Missing, long Rotations, long BackDated, bool IsWhole)
{
    public long First => FirstPosition.Sequence;

    public long Last => LastPosition.Sequence;
}

/// <param name="Accepted">Distinct records with a good signature.</param>
/// <param name="Repeated">Copies of accepted records, byte for byte: shipping is at least once.</param>
/// <param name="Problems">The first of each kind and host; <see cref="ProblemCounts"/> has all.</param>
/// <param name="Notices">What is no problem and still worth a look.</param>
sealed record VerifyReport(
    long Accepted, long Repeated, IReadOnlyList<ChainReport> Chains,
    IReadOnlyList<Problem> Problems, IReadOnlyDictionary<ProblemKind, long> ProblemCounts, IReadOnlyList<Problem> Notices)
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
