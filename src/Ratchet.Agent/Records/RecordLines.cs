using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Ratchet.Agent.Records;

/// <summary>
/// Finds the record in a line of a file: the compact JWS itself, or a JSON object that holds it as <c>jws</c>,
/// <c>ratchet.jws</c>, or one of these below <c>_source</c> (an export from Elasticsearch, one document per line).
/// </summary>
static class RecordLines
{
    /// <summary>Takes the next line off a block, without its line break.</summary>
    public static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> lines)
    {
        var end = lines.IndexOf((byte)'\n');
        var line = end < 0 ? lines : lines[..end];
        lines = end < 0 ? [] : lines[(end + 1)..];
        return line is [.., (byte)'\r'] ? line[..^1] : line;
    }

    /// <summary>Whether a line holds one record. A line with two is refused: one of them would be overlooked.</summary>
    /// <param name="scratch">Takes a record that is written with escapes; made longer where it has to be.</param>
    public static bool TryFind(ReadOnlySpan<byte> line, ref byte[] scratch, out ReadOnlySpan<byte> compact)
    {
        compact = line;
        if (line is not [(byte)'{', ..]) return true;
        compact = default;
        var isFound = false;
        try
        {
            var reader = new Utf8JsonReader(line);
            reader.Read();
            for (var (inRatchet, inSource) = (0, 0); reader.Read();)
            {
                if (reader.TokenType == JsonTokenType.EndObject)
                {
                    if (reader.CurrentDepth < inRatchet) inRatchet = 0;
                    if (reader.CurrentDepth < inSource) inSource = 0;
                }
                if (reader.TokenType != JsonTokenType.PropertyName) continue;
                var depth = reader.CurrentDepth;
                var isTop = depth == 1 || depth == inSource;
                var isRecord = (isTop && (reader.ValueTextEquals("jws"u8) || reader.ValueTextEquals("ratchet.jws"u8))) || (depth == inRatchet && reader.ValueTextEquals("jws"u8));
                var (isRatchet, isSource) = (isTop && reader.ValueTextEquals("ratchet"u8), depth == 1 && reader.ValueTextEquals("_source"u8));
                reader.Read();
                if (isRecord && reader.TokenType == JsonTokenType.String)
                {
                    if (isFound) return false;
                    isFound = true;
                    compact = Text(ref reader, ref scratch);
                }
                else if (isRatchet && reader.TokenType == JsonTokenType.StartObject) inRatchet = depth + 1;
                else if (isSource && reader.TokenType == JsonTokenType.StartObject) inSource = depth + 1;
                else reader.Skip();
            }
            return isFound;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half of a surrogate pair, which the reader lets pass.
            return false;
        }
    }

    /// <summary>The records of a stream one by one; null for a line that holds none.</summary>
    public static IEnumerable<string?> Read(Stream stream)
    {
        foreach (var block in LineBlocks.Read(stream))
            foreach (var record in block.IsTooLong ? [null] : Records(block)) yield return record;
    }

    static List<string?> Records(LineBlock block)
    {
        var (records, scratch) = (new List<string?>(), Array.Empty<byte>());
        for (var lines = block.Lines; !lines.IsEmpty;)
        {
            var line = Next(ref lines);
            if (!line.IsEmpty) records.Add(TryFind(line, ref scratch, out var compact) ? Encoding.Latin1.GetString(compact) : null);
        }
        ArrayPool<byte>.Shared.Return(block.Buffer);
        return records;
    }

    static ReadOnlySpan<byte> Text(scoped ref Utf8JsonReader reader, scoped ref byte[] scratch)
    {
        if (!reader.ValueIsEscaped) return reader.ValueSpan;
        if (scratch.Length < reader.ValueSpan.Length) scratch = new byte[reader.ValueSpan.Length];
        return scratch.AsSpan(0, reader.CopyString(scratch));
    }
}
