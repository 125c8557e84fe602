using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ratchet.Agent.Configuration;

/// <summary>A port or a range of ports, both ends included: <c>22</c> or <c>"8000-8010"</c> in JSON.</summary>
[JsonConverter(typeof(Converter))]
readonly record struct PortRange(int First, int Last)
{
    public bool Contains(int port) => port >= First && port <= Last;

    public override string ToString() => First == Last ? $"{First}" : $"{First}-{Last}";

    internal sealed class Converter : JsonConverter<PortRange>
    {
        public override PortRange Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var ends = reader.TokenType switch
            {
                JsonTokenType.Number when reader.TryGetInt32(out var port) => [$"{port}"],
                JsonTokenType.String => reader.GetString()!.Split('-'),
                _ => [],
            };
            if (ends.Length is 1 or 2 && ushort.TryParse(ends[0], out var first) && ushort.TryParse(ends[^1], out var last) && first <= last)
                return new PortRange(first, last);
            throw new JsonException("expected a port from 0 to 65535, or a range \"FIRST-LAST\"");
        }

        public override void Write(Utf8JsonWriter writer, PortRange value, JsonSerializerOptions options)
        {
            if (value.First == value.Last) writer.WriteNumberValue(value.First);
            else writer.WriteStringValue(value.ToString());
        }
    }
}
