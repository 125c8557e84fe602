using System.Text.Json;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// The JSON of a LUKS2 header: segments (ranges of the data), key slots, digests (which key slots hold the key of which
/// segments), tokens. It is as hostile as the disk that it stands on.
/// </summary>
static class Luks2Metadata
{
    const int Most = 64;

    /// <exception cref="FormatException">It is not what the format describes.</exception>
    /// <exception cref="JsonException">It is no JSON.</exception>
    /// <exception cref="InvalidOperationException">A value is of another type.</exception>
    public static LuksHeader Parse(string uuid, ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        // During a re-encryption segments are also kept as they were before and will be: those are marked as backup.
        var segments = Objects(root, "segments").Where(segment => !Texts(segment.Value, "flags").Any(flag => flag.StartsWith("backup-", StringComparison.Ordinal))).ToArray();
        if (segments.Length == 0) throw new FormatException("names no segment");
        var slots = Objects(root, "keyslots");
        var data = slots.Where(slot => Text(slot.Value, "type") == "luks2").ToArray();
        var kinds = segments.Select(segment => Text(segment.Value, "type")).ToArray();
        if (kinds.FirstOrDefault(kind => kind is not ("crypt" or "linear" or "hw-opal" or "hw-opal-crypt")) is { } strange) throw new FormatException($"segment of type {strange}");
        return new LuksHeader(2, uuid, [.. segments.Where(segment => Text(segment.Value, "type") is "crypt" or "hw-opal-crypt").Select(segment => CipherOf(root, segment, slots)).Distinct()],
            [.. data.Select(slot => Kdf(slot.Value))])
        {
            Tokens = [.. Objects(root, "tokens").Select(token => Text(token.Value, "type"))],
            Requirements = root.TryGetProperty("config", out var config) && config.TryGetProperty("requirements", out var requirements) ? Texts(requirements, "mandatory") : [],
            HasPlainPart = kinds.Contains("linear"),
            HasDrivePart = kinds.Contains("hw-opal"),
            HasPlainKeySlot = data.Any(slot => slot.Value.TryGetProperty("area", out var area) && new Cipher(Text(area, "encryption"), null).IsNull),
        };
    }

    static Cipher CipherOf(JsonElement root, JsonProperty segment, IReadOnlyList<JsonProperty> slots)
    {
        var digest = Objects(root, "digests").FirstOrDefault(digest => Texts(digest.Value, "segments").Contains(segment.Name)).Value;
        var holders = digest.ValueKind == JsonValueKind.Object ? Texts(digest, "keyslots") : [];
        var bytes = slots.Where(slot => holders.Contains(slot.Name)).Select(slot => slot.Value.TryGetProperty("key_size", out var size) ? size.GetInt32() : 0).Where(size => size > 0).ToArray();
        var integrity = segment.Value.TryGetProperty("integrity", out var tags) ? Text(tags, "type") : null;
        int? bits = bytes.Length > 0 ? (bytes.Min() - TagKeyBytes(integrity)) * 8 : null;
        return new Cipher(Text(segment.Value, "encryption"), bits is > 0 and <= 4096 ? bits : null, integrity is not null and not "none");
    }

    /// <summary>The volume key ends in the key of the authentication tags.</summary>
    static int TagKeyBytes(string? integrity) => integrity switch
    {
        "hmac(sha1)" => 20,
        "hmac(sha256)" => 32,
        "hmac(sha512)" => 64,
        _ => 0,
    };

    static string Kdf(JsonElement slot)
    {
        if (!slot.TryGetProperty("kdf", out var kdf)) return "unknown";
        var type = Text(kdf, "type");
        return type == "pbkdf2" && kdf.TryGetProperty("iterations", out var iterations) ? $"pbkdf2 {Text(kdf, "hash")} {iterations.GetInt64()} iterations" : type;
    }

    static JsonProperty[] Objects(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var objects)) return [];
        var all = objects.EnumerateObject().Take(Most + 1).ToArray();
        return all.Length > Most ? throw new FormatException($"has more than {Most} {name}") : all;
    }

    static string[] Texts(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var list) ? [.. list.EnumerateArray().Take(Most).Select(item => item.GetString() ?? "")] : [];

    static string Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var text) && text.GetString() is { Length: > 0 and <= 128 } value ? value : throw new FormatException($"has no {name} where one belongs");
}
