using System.Text;
using System.Text.Json;

namespace Ratchet.Agent.Records;

/// <summary>
/// Finds the record in a line of a file: the compact JWS itself, or a JSON object that holds it as <c>jws</c>,
/// <c>ratchet.jws</c>, or one of these below <c>_source</c> (an export from Elasticsearch).
/// </summary>
static class RecordLines
{
    /// <returns>The compact JWS, or null for a line that holds none.</returns>
    public static string? Find(string line)
    {
        if (!line.StartsWith('{')) return line;
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            return InDocument(root) ?? (root.TryGetProperty("_source", out var source) ? InDocument(source) : null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text with half of a surrogate pair, which the parser lets pass.
            return null;
        }
    }

    /// <summary>Reads lines of at most <see cref="LineLimit"/> characters; a longer one comes as null, so that a hostile file costs no memory.</summary>
    public static IEnumerable<string?> Read(TextReader reader)
    {
        var line = new StringBuilder();
        var buffer = new char[64 << 10];
        var tooLong = false;
        int count;
        while ((count = reader.Read(buffer)) > 0)
        {
            var rest = buffer.AsMemory(0, count);
            for (int end; (end = rest.Span.IndexOf('\n')) >= 0; rest = rest[(end + 1)..])
            {
                if (!tooLong && line.Length + end <= LineLimit) line.Append(rest.Span[..end]);
                else tooLong = true;
                yield return tooLong ? null : line.ToString().TrimEnd('\r');
                line.Clear();
                tooLong = false;
            }
            if (line.Length + rest.Length <= LineLimit) line.Append(rest.Span);
            else tooLong = true;
        }
        if (tooLong) yield return null;
        else if (line.Length > 0) yield return line.ToString();
    }

    /// <summary>A document of Elasticsearch holds the record and its fields.</summary>
    public const int LineLimit = 4 * Jws.LengthLimit;

    static string? InDocument(JsonElement document)
    {
        if (document.ValueKind != JsonValueKind.Object) return null;
        foreach (var name in (ReadOnlySpan<string>)["jws", "ratchet.jws"])
            if (document.TryGetProperty(name, out var direct) && direct.ValueKind == JsonValueKind.String) return direct.GetString();
        return document.TryGetProperty("ratchet", out var ratchet) && ratchet.ValueKind == JsonValueKind.Object &&
               ratchet.TryGetProperty("jws", out var nested) && nested.ValueKind == JsonValueKind.String ? nested.GetString() : null;
    }
}
