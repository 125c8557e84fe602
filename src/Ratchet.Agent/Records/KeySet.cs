using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Ratchet.Agent.Records;

/// <summary>
/// The keys that records are verified by: a JWK Set (RFC 7517, section 5) in which every key names its <c>host</c>. <c>nbf</c> and
/// <c>exp</c> (RFC 7519, section 4.1) bound the times of which it may speak, as they do for the receiver.
/// </summary>
sealed class KeySet
{
    readonly Dictionary<Digest, KnownKey> keys = [];

    /// <summary>Reads a JWK Set; a key that stands there several times may speak for several hosts.</summary>
    /// <exception cref="FormatException">It is no such set; the message names the place.</exception>
    public static KeySet Parse(string json)
    {
        var set = new KeySet();
        try
        {
            var list = JsonSerializer.Deserialize(json, RecordJson.Default.JsonWebKeySet)?.Keys ?? throw new FormatException("$.keys is missing");
            for (var i = 0; i < list.Count; i++) set.Add(list[i] ?? throw new FormatException($"$.keys[{i}] is null"), $"$.keys[{i}]");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half of a surrogate pair.
            throw new FormatException(e is JsonException { Path: var path, LineNumber: var line } ? $"{path} (line {line + 1}): {e.Message}" : e.Message, e);
        }
        return set;
    }

    public KnownKey? Find(Digest keyId) => keys.GetValueOrDefault(keyId);

    void Add(PublicKey key, string place)
    {
        if (string.IsNullOrEmpty(key.Host)) throw new FormatException($"{place}.host is missing: the host.name that the key may speak for");
        var id = key.Thumbprint;
        if (key.Id is not null && key.Id != id) throw new FormatException($"{place}.kid is not the RFC 7638 thumbprint of the key");
        if (!Digest.TryParse(Encoding.ASCII.GetBytes(id), out var digest)) throw new FormatException($"{place}: {id} is not a thumbprint");
        if (!keys.TryGetValue(digest, out var known)) keys[digest] = known = new KnownKey(Open(key, place), new HashSet<string>(StringComparer.Ordinal), key.NotBefore, key.Expires);
        known.Hosts.Add(key.Host);
        if (key.Used is [.., { Until: { } until }]) known.BelievedUntil[key.Host] = until;
    }

    static SafeEvpPKeyHandle Open(PublicKey key, string place)
    {
        try
        {
            using var point = key.ToEcdsa();
            return point.DuplicateKeyHandle();
        }
        catch (FormatException e)
        {
            throw new FormatException($"{place}: {e.Message}", e);
        }
    }
}

/// <param name="Point">OpenSSL's key. To make one takes as long as two signatures take to verify, to share it nothing.</param>
/// <param name="Hosts">The host names that it may speak for.</param>
/// <param name="NotBefore">Seconds since 1970. Of a key that stands there several times, the first entry says it, as it does for the receiver.</param>
/// <param name="Expires">Seconds since 1970.</param>
sealed record KnownKey(SafeEvpPKeyHandle Point, HashSet<string> Hosts, long? NotBefore, long? Expires)
{
    /// <summary>By host name, for a key of the archive that is believed no longer.</summary>
    public Dictionary<string, DateTimeOffset> BelievedUntil { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether the key may speak of a time.</summary>
    public bool IsValidAt(DateTimeOffset time)
    {
        var seconds = time.ToUnixTimeSeconds();
        return !(seconds < NotBefore || seconds >= Expires);
    }
}
