using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ratchet.Agent.Configuration;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    Converters = [typeof(DurationConverter), typeof(ReachConverter), typeof(WireConverter), typeof(DiskLayerConverter), typeof(MomentConverter)])]
[JsonSerializable(typeof(Settings))]
sealed partial class SettingsJson : JsonSerializerContext;

/// <summary>Durations as <c>30s</c>, <c>5m</c>, <c>12h</c>, <c>7d</c>.</summary>
sealed class DurationConverter : JsonConverter<TimeSpan>
{
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (text is not { Length: > 1 } || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        TimeSpan? unit = text[^1] switch { 's' => TimeSpan.FromSeconds(1), 'm' => TimeSpan.FromMinutes(1), 'h' => TimeSpan.FromHours(1), 'd' => TimeSpan.FromDays(1), _ => null };
        // 100 years: past any use, short of overflow.
        if (unit is null || number * unit.Value.TotalDays > 36500) return false;
        duration = number * unit.Value;
        return true;
    }

    public static string Format(TimeSpan duration) => duration switch
    {
        { Ticks: 0 } => "0s",
        _ when duration.Ticks % TimeSpan.TicksPerDay == 0 => $"{duration.TotalDays}d",
        _ when duration.Ticks % TimeSpan.TicksPerHour == 0 => $"{duration.TotalHours}h",
        _ when duration.Ticks % TimeSpan.TicksPerMinute == 0 => $"{duration.TotalMinutes}m",
        _ => $"{duration.TotalSeconds:0}s",
    };

    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TryParse(reader.GetString(), out var duration)
            ? duration
            : throw new JsonException("expected a duration such as \"30s\", \"5m\", \"12h\" or \"7d\"");

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteStringValue(Format(value));
}

/// <summary>A moment as <c>2026-12-05T22:00:00Z</c> or <c>2026-12-05T22:00:00+01:00</c>; one without a zone would mean another on each host.</summary>
sealed class MomentConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && DateTimeOffset.TryParseExact(reader.GetString(), "yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) && reader.GetString() is [.., 'Z'] or [.., '+' or '-', _, _, ':', _, _]
            ? moment
            : throw new JsonException("expected a moment with its zone, such as \"2026-12-05T22:00:00Z\"");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
}

/// <summary><c>loopback</c>, <c>private</c>, <c>any</c>.</summary>
sealed class ReachConverter() : JsonStringEnumConverter<Reach>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);

/// <summary><c>tls</c>, <c>redirect</c>, <c>plain</c>, <c>own</c>.</summary>
sealed class WireConverter() : JsonStringEnumConverter<Wire>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);

/// <summary><c>guest</c>, <c>volume</c>, <c>either</c>.</summary>
sealed class DiskLayerConverter() : JsonStringEnumConverter<DiskLayer>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
