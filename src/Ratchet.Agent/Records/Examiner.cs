using System.Security.Cryptography;

namespace Ratchet.Agent.Records;

/// <summary>
/// All that one record can be checked for without the others: form, signature, payload, and that the key may speak for the host.
/// It keeps its buffers and key objects, which are not made for several threads: one per thread.
/// </summary>
sealed class Examiner(KeySet keys) : IDisposable
{
    readonly Dictionary<Digest, SignatureCheck> opened = [];
    readonly IncrementalHash sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    readonly ClaimsReader reader = new();
    readonly byte[] room = new byte[Jws.LengthLimit];

    /// <summary>What the record claims, where it can be read at all; believed only where <see cref="Examine"/> finds no problem.</summary>
    public Claims? Claims { get; private set; }

    public Digest KeyId { get; private set; }

    /// <summary>The names that the key may speak for; of a record that <see cref="Examine"/> finds good.</summary>
    public IReadOnlyCollection<string> Hosts { get; private set; } = [];

    /// <summary>The record is dated after the key was last believed for its host, as the archive of keys says; of a good record.</summary>
    public bool IsAfterUse { get; private set; }

    /// <summary>The SHA-256 of the compact form.</summary>
    public Digest Hash { get; private set; }

    /// <returns>Null for a record that its key has signed.</returns>
    public Problem? Examine(ReadOnlySpan<byte> compact)
    {
        var isToken = Jws.TryRead(compact, room, out var token, out var reason);
        var unreadable = "";
        var payload = isToken ? token.Payload : Jws.PayloadOf(compact, room);
        Claims = payload.IsEmpty ? null : reader.Read(payload, out unreadable);
        if (!isToken) return Bad(ProblemKind.Malformed, reason);
        KeyId = token.KeyId;
        if (keys.Find(token.KeyId) is not { } known) return Bad(ProblemKind.UnknownKey, $"signed by a key that is not in the set: {KeyId}");
        if (!IsSigned(compact, token, known)) return Bad(ProblemKind.Forged, "the signature does not fit: changed after it was signed");
        if (Claims is null) return Bad(ProblemKind.Malformed, payload.IsEmpty ? "the payload is empty" : unreadable);
        if (!known.Hosts.Contains(Claims.Host)) return Bad(ProblemKind.ForeignHost, $"key {KeyId} belongs to {string.Join(", ", known.Hosts)} and speaks for {Claims.Host}");
        if (!known.IsValidAt(Claims.Time)) return Bad(ProblemKind.OutsideValidity, $"key {KeyId} was not valid at the time of the record");
        (Hosts, IsAfterUse) = (known.Hosts, known.BelievedUntil.TryGetValue(Claims.Host, out var until) && Claims.Time > until);
        return null;
    }

    public void Dispose()
    {
        foreach (var check in opened.Values) check.Dispose();
        sha.Dispose();
    }

    bool IsSigned(ReadOnlySpan<byte> compact, TokenView token, KnownKey known)
    {
        if (!opened.TryGetValue(token.KeyId, out var check)) opened[token.KeyId] = check = new SignatureCheck(known.Point);
        Span<byte> signedHash = stackalloc byte[Digest.Length], hash = stackalloc byte[Digest.Length];
        // What is signed is the beginning of the compact form: hashed once for both.
        sha.AppendData(token.Signed);
        sha.GetCurrentHash(signedHash);
        sha.AppendData(compact[token.Signed.Length..]);
        sha.GetHashAndReset(hash);
        Hash = Digest.Of(hash);
        return check.Accepts(signedHash, token.Signature);
    }

    Problem Bad(ProblemKind kind, string message) => new(kind, Claims?.Host, Claims?.Chain, Claims?.Sequence ?? 0, message);
}
