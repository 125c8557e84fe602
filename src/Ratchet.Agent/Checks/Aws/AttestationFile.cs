using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;

namespace Ratchet.Agent.Checks.Aws;

/// <summary>
/// The central attestation: a file that Salt renders from pillar, which a minion cannot change, with what a collector saw by its own
/// rights in the account. It is dated, and of one instance; one that is stale or of another instance says nothing. docs/areas.md has the form.
/// </summary>
static partial class AttestationFile
{
    const int FileLimit = 1 << 20, ListLimit = 2000, TextLimit = 256;

    /// <summary>Clocks of collector and host may differ by so much.</summary>
    static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    /// <summary>The attestation that is in force here.</summary>
    /// <param name="place">The verified identity; null where there is none.</param>
    public static Told<Attestation> Look(Machine machine, AwsSettings settings, Ec2Host host, CloudPlace? place, TrueTime time)
    {
        try
        {
            var path = settings.Attestation;
            if (machine.ReadBytes(path, FileLimit) is not { } json) return Told<Attestation>.Nothing($"there is no {path} (aws.attestation)");
            if (OthersMayWrite.Find(machine, path) is { } open) return Told<Attestation>.Nothing($"{open} can be written by others than root, and so nobody vouches for {path}");
            var attestation = Parse(json, path);
            return Objection(attestation, settings, host, place, time) is { } objection ? Told<Attestation>.Nothing($"{path} {objection}") : attestation;
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return Told<Attestation>.Nothing(e.Message);
        }
    }

    static string? Objection(Attestation attestation, AwsSettings settings, Ec2Host host, CloudPlace? place, TrueTime time)
    {
        var now = time.Now;
        if (attestation.Generated > now + Skew) return $"is of {attestation.Generated.UtcDateTime:yyyy-MM-dd HH:mm}, a time that has not come";
        if (attestation.ValidUntil <= now) return $"was valid until {attestation.ValidUntil?.UtcDateTime:yyyy-MM-dd HH:mm}";
        if (now - attestation.Generated > settings.AttestationAge) return $"is of {attestation.Generated.UtcDateTime:yyyy-MM-dd HH:mm}, older than aws.attestationAge allows";
        if ((place?.Instance ?? host.AssetTag) is not { } instance) return "cannot be told to be this instance's: the identity is not verified, and the firmware shows no instance id";
        if (attestation.Instance != instance) return $"is of {attestation.Instance}, and this is {instance}";
        if (place is not null && attestation.Account is { } account && account != place.Account) return $"is of account {account}, and this instance is of {place.Account}";
        if (place is not null && attestation.Region is { } region && region != place.Region) return $"is of region {region}, and this instance is in {place.Region}";
        // A clock that is behind makes what is stale look fresh.
        return time.Latest - attestation.Generated > settings.AttestationAge || time.Latest >= attestation.ValidUntil ? $"cannot be told to be fresh: {time.Doubt}" : null;
    }

    /// <exception cref="FormatException">It has not the form; the message names the place.</exception>
    internal static Attestation Parse(ReadOnlySpan<byte> json, string path)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
            using var document = JsonDocument.ParseValue(ref reader);
            if (reader.Read()) throw new FormatException("$: expected one object");
            return Read(document.RootElement);
        }
        catch (FormatException e)
        {
            throw new FormatException($"{path}: {e.Message}", e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException($"{path}: is not the JSON that an attestation is", e);
        }
    }

    static Attestation Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) throw new FormatException("$: expected an object");
        if (Get(root, "schema") is not { } schema || !schema.TryGetInt32(out var version) || version != 1) throw new FormatException("$.schema: expected 1");
        var metadata = Get(root, "metadata_options");
        return new Attestation(
            Text(root, "source") ?? throw Wrong("source", "who saw it"), Time(root, "generated") ?? throw Wrong("generated", "a moment such as 2026-11-21T02:00:00Z"), Time(root, "valid_until"),
            Form(root, "account", IdentityDocument.IsAccount), Form(root, "region", IdentityDocument.IsRegion), Form(root, "instance_id", IdentityDocument.IsInstanceId) ?? throw Wrong("instance_id", "an instance id"),
            metadata is { } m ? Form(m, "http_tokens", text => text is "required" or "optional") : null, metadata is { } n ? Form(n, "http_endpoint", text => text is "enabled" or "disabled") : null,
            metadata is { } o && Get(o, "hop_limit") is { } hops ? hops.GetInt64() : null, Get(root, "instance_store_encrypted")?.GetBoolean(),
            List(root, "volumes")?.Select(ReadVolume).ToList(), List(root, "security_groups")?.Select(group => group.GetString() is { } id && MetadataService.IsGroupId(id) ? id : throw Wrong("security_groups", "ids of groups")).ToList(),
            List(root, "security_group_rules")?.Select(ReadRule).OfType<GroupRule>().ToList());
    }

    static AttestedVolume ReadVolume(JsonElement volume) => new(
        Form(volume, "id", VolumeId.IsMatch) ?? throw Wrong("volumes[].id", "a volume id"), Text(volume, "device"),
        Get(volume, "encrypted")?.GetBoolean() ?? throw Wrong("volumes[].encrypted", "true or false"), Text(volume, "kms_key"), Text(volume, "key_manager"));

    /// <summary>Null for an outbound rule.</summary>
    static GroupRule? ReadRule(JsonElement rule)
    {
        if (Form(rule, "dir", text => text is "in" or "out") is not { } direction) throw Wrong("security_group_rules[].dir", "in or out");
        if (direction == "out") return null;
        return GroupRule.Of(
            Form(rule, "group", MetadataService.IsGroupId) ?? throw Wrong("security_group_rules[].group", "a group id"), Text(rule, "proto") ?? throw Wrong("security_group_rules[].proto", "a protocol, or -1"),
            Get(rule, "from")?.GetInt32(), Get(rule, "to")?.GetInt32(), Text(rule, "src") ?? throw Wrong("security_group_rules[].src", "a range, a group id or a prefix list id"));
    }

    static JsonElement? Get(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    static string? Text(JsonElement element, string name) =>
        Get(element, name) is not { } value ? null : value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= TextLimit } text ? text : throw Wrong(name, "a text");

    static string? Form(JsonElement element, string name, Func<string, bool> isRight) =>
        Text(element, name) is not { } text ? null : isRight(text) ? text : throw Wrong(name, "another value");

    static DateTimeOffset? Time(JsonElement element, string name) => Text(element, name) is not { } text ? null
        : DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw Wrong(name, "a moment in UTC such as 2026-11-21T02:00:00Z");

    static List<JsonElement>? List(JsonElement element, string name) => Get(element, name) is not { } list ? null
        : list.ValueKind == JsonValueKind.Array && list.GetArrayLength() <= ListLimit ? [.. list.EnumerateArray()] : throw Wrong(name, $"a list of at most {ListLimit}");

    static FormatException Wrong(string name, string expected) => new($"$.{name}: expected {expected}");

    [GeneratedRegex("^vol-([0-9a-f]{8}|[0-9a-f]{17})\\z", RegexOptions.ExplicitCapture, 1000)]
    static partial Regex VolumeId { get; }
}
