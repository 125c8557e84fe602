using System.Text.Json;
using System.Text.Unicode;

namespace Ratchet.Agent.Records;

/// <summary>
/// Reads the claims of a payload in one pass over all of it, so that nothing in it can be read in two ways: a doubled name at any
/// depth, bytes that are not UTF-8, half of a surrogate pair and nesting deeper than <see cref="DepthLimit"/> are refused, also
/// where no claim stands. It keeps its buffers: one per thread.
/// </summary>
sealed class ClaimsReader
{
    const int DepthLimit = 16;

    /// <summary>The places of a payload that claims come from.</summary>
    enum Place { Other, Root, Time, Host, HostName, Event, Action, EventId, EventSequence, Ratchet, Chain, ChainId, Sequence, Previous, Reason, Follows, Key, NextKey, Gap, First, Last, GapKey, Lost, LostChain, LostFirst, LostLast }

    readonly DistinctNames names = new();
    readonly Place[] open = new Place[DepthLimit + 1];
    byte[] scratch = new byte[1024];
    string? host, chain, action, eventId, reason, follows, lostChain;
    Digest? previous, next, gapKey;
    long? sequence, eventSequence, first, last, lostFirst, lostLast;
    DateTimeOffset? time;

    /// <returns>The claims; or null and what is missing or malformed.</returns>
    public Claims? Read(ReadOnlySpan<byte> payload, out string problem)
    {
        problem = "the payload is not UTF-8";
        if (!Utf8.IsValid(payload)) return null;
        try
        {
            Walk(payload);
            problem = "";
            return Result();
        }
        // InvalidOperationException: half of a surrogate pair, or a value of another type.
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            problem = "the payload is not that of a record: " + e.Message;
            return null;
        }
    }

    void Walk(ReadOnlySpan<byte> payload)
    {
        (host, chain, action, eventId, reason, follows, lostChain) = (null, null, null, null, null, null, null);
        (sequence, eventSequence, first, last, lostFirst, lostLast) = (null, null, null, null, null, null);
        (previous, next, gapKey, time) = (null, null, null, null);
        names.Clear();
        if (scratch.Length < payload.Length) scratch = new byte[payload.Length];
        var reader = new Utf8JsonReader(payload, new JsonReaderOptions { MaxDepth = DepthLimit });
        var place = Place.Root;
        while (reader.Read())
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    open[reader.CurrentDepth] = place;
                    names.Open();
                    break;
                case JsonTokenType.StartArray:
                    open[reader.CurrentDepth] = place = Place.Other;
                    break;
                case JsonTokenType.EndObject:
                    if (!names.AreDistinct()) throw new FormatException("a name stands twice in one object");
                    goto case JsonTokenType.EndArray;
                case JsonTokenType.EndArray:
                    place = reader.CurrentDepth > 0 ? open[reader.CurrentDepth - 1] : Place.Root;
                    break;
                case JsonTokenType.PropertyName:
                    var name = Text(ref reader);
                    names.Add(name);
                    place = Inside(open[reader.CurrentDepth - 1], name);
                    break;
                default:
                    Take(place, ref reader);
                    break;
            }
    }

    void Take(Place place, ref Utf8JsonReader reader)
    {
        // Also of values that nobody asks for: it refuses half of a surrogate pair.
        var text = reader.TokenType == JsonTokenType.String ? Text(ref reader) : default;
        switch (place)
        {
            case Place.Time: time = reader.GetDateTimeOffset(); break;
            case Place.HostName: host = reader.GetString(); break;
            case Place.Action: action = reader.GetString(); break;
            case Place.EventId: eventId = reader.GetString(); break;
            case Place.EventSequence: eventSequence = reader.GetInt64(); break;
            case Place.ChainId: chain = reader.GetString(); break;
            case Place.Sequence: sequence = reader.GetInt64(); break;
            case Place.Previous: previous = DigestOf(text, "previous"); break;
            case Place.Reason: reason = reader.GetString(); break;
            case Place.Follows: follows = reader.GetString(); break;
            case Place.NextKey: next = DigestOf(text, "ratchet.key.next"); break;
            case Place.First: first = reader.GetInt64(); break;
            case Place.Last: last = reader.GetInt64(); break;
            case Place.GapKey: gapKey = DigestOf(text, "the key after a gap"); break;
            case Place.LostChain: lostChain = reader.GetString(); break;
            case Place.LostFirst: lostFirst = reader.GetInt64(); break;
            case Place.LostLast: lostLast = reader.GetInt64(); break;
            default: break;
        }
    }

    static Digest DigestOf(ReadOnlySpan<byte> text, string name) => Digest.TryParse(text, out var digest) ? digest : throw new FormatException($"{name} is not a SHA-256 in base64url");

    Claims Result()
    {
        if (sequence is not { } number) throw Missing("ratchet.chain.sequence");
        if (number < 1 || number == 1 != previous is null) throw new FormatException("record 1, and only it, has no previous");
        if (string.IsNullOrEmpty(action)) throw Missing("event.action");
        if (action == "key-rotated" && next is null) throw Missing("ratchet.key.next");
        if (first is null != last is null) throw new FormatException("a gap has a first and a last number");
        (long, long)? gap = action == "gap" && first is { } from && last is { } to ? (from, to) : null;
        (string, long, long)? lost = action == "gap" && lostChain is { } other && lostFirst is { } start && lostLast is { } end ? (other, start, end) : null;
        return new Claims(
            host is { Length: > 0 } ? host : throw Missing("host.name"), chain is { Length: > 0 } ? chain : throw Missing("ratchet.chain.id"),
            number, previous, time ?? throw Missing("@timestamp"), action, eventSequence ?? throw Missing("event.sequence"),
            eventId is { Length: > 0 } ? eventId : throw Missing("event.id"), action == "key-rotated" ? next : null,
            gap, gapKey, lost, number == 1 ? reason : null, number == 1 ? follows : null);
    }

    static FormatException Missing(string name) => new($"{name} is missing or empty");

    /// <summary>The unescaped text of a name or a string.</summary>
    ReadOnlySpan<byte> Text(ref Utf8JsonReader reader) => reader.ValueIsEscaped ? scratch.AsSpan(0, reader.CopyString(scratch)) : reader.ValueSpan;

    static Place Inside(Place parent, ReadOnlySpan<byte> name) => parent switch
    {
        Place.Root => name.SequenceEqual("@timestamp"u8) ? Place.Time : name.SequenceEqual("host"u8) ? Place.Host
            : name.SequenceEqual("event"u8) ? Place.Event : name.SequenceEqual("ratchet"u8) ? Place.Ratchet : Place.Other,
        Place.Host => name.SequenceEqual("name"u8) ? Place.HostName : Place.Other,
        Place.Event => name.SequenceEqual("action"u8) ? Place.Action : name.SequenceEqual("id"u8) ? Place.EventId
            : name.SequenceEqual("sequence"u8) ? Place.EventSequence : Place.Other,
        Place.Ratchet => name.SequenceEqual("chain"u8) ? Place.Chain : name.SequenceEqual("key"u8) ? Place.Key
            : name.SequenceEqual("gap"u8) ? Place.Gap : name.SequenceEqual("lost"u8) ? Place.Lost : Place.Other,
        Place.Chain => name.SequenceEqual("id"u8) ? Place.ChainId : name.SequenceEqual("sequence"u8) ? Place.Sequence
            : name.SequenceEqual("previous"u8) ? Place.Previous : name.SequenceEqual("reason"u8) ? Place.Reason
            : name.SequenceEqual("follows"u8) ? Place.Follows : Place.Other,
        Place.Key => name.SequenceEqual("next"u8) ? Place.NextKey : Place.Other,
        Place.Gap => name.SequenceEqual("first"u8) ? Place.First : name.SequenceEqual("last"u8) ? Place.Last
            : name.SequenceEqual("key"u8) ? Place.GapKey : Place.Other,
        Place.Lost => name.SequenceEqual("chain"u8) ? Place.LostChain : name.SequenceEqual("first"u8) ? Place.LostFirst
            : name.SequenceEqual("last"u8) ? Place.LostLast : name.SequenceEqual("key"u8) ? Place.GapKey : Place.Other,
        _ => Place.Other,
    };
}
