// What cannot be kept or delivered: full spool, torn and vanished batches, refused records. Each is declared before it is let go.
using System.Text;
using System.Text.Json.Nodes;
using Ratchet.Agent.Shipping;

namespace Ratchet.Agent.Records;

sealed partial class Ledger
{
    /// <summary>Declares batches as lost that cannot be read; what there is of them is set aside.</summary>
    /// <exception cref="IOException">They could not be declared and are still waiting.</exception>
    public void Lose(IReadOnlyList<Batch> batches, string reason)
    {
        lock (gate)
        {
            var lost = batches.Where(waiting.Contains).ToList();
            // A name may claim numbers that no record has ever had: nothing is said of those.
            if (GapsOf([.. lost.Where(batch => batch.Last <= head.Sequence || !IsOwn(batch))], reason).ToList() is { Count: > 0 } gaps) Record(gaps);
            waiting.RemoveAll(lost.Contains);
            foreach (var batch in lost.Where(batch => !Spool.IsGone(batch))) rejected.Take(Spool.PathOf(batch));
        }
        Committed?.Invoke();
    }

    /// <summary>Keeps a record that the receiver refuses aside and declares its number; the rest of its batch stays waiting.</summary>
    /// <exception cref="IOException">It could not be recorded.</exception>
    public void Reject(Batch batch, long number, string record, int status)
    {
        lock (gate)
        {
            rejected.Keep(new Batch(batch.Order + number - batch.First, number, number), Encoding.ASCII.GetBytes(record + "\n"));
            var claims = Jws.Parse(record, out _) is { } token ? Claims.Parse(token.Payload, out _) : null;
            var gap = GapOf(batch, $"refused by the receiver with HTTP {status}") with { First = number, Last = number };
            // Within its batch the next record tells the key; a rotation stands alone in its own.
            Record([Payload.RecordRejected(speaker, clock.GetUtcNow(), claims?.EventId, number, status), Payload.Gap(speaker, clock.GetUtcNow(), gap)]);
        }
        Committed?.Invoke();
    }

    /// <summary>The newest record that waits; null where there is none to be read.</summary>
    public string? Newest()
    {
        lock (gate)
            return waiting.Count > 0 && !Spool.IsGone(waiting[^1]) ? Readable(() => Spool.Read(waiting[^1])[^1], out _) : null;
    }

    void Record(IReadOnlyList<JsonObject> payloads) => Try(() => Commit(payloads, head.KeyId));

    /// <summary>The oldest batches that the spool has no room for any more; they are deleted once a record has declared them.</summary>
    List<Batch> Surplus()
    {
        var surplus = new List<Batch>();
        if (size <= quota) return surplus;
        // Files may have gone without us: what is deleted is decided by what is there.
        size = waiting.Sum(Spool.SizeOf) + delivered.Sum(Spool.SizeOf);
        for (var i = 0; i < waiting.Count - 1 && size - surplus.Sum(Spool.SizeOf) > quota; i++) surplus.Add(waiting[i]);
        return surplus;
    }

    /// <summary>One gap for each run of consecutive numbers.</summary>
    IEnumerable<JsonObject> GapsOf(IReadOnlyList<Batch> lost, string reason)
    {
        var merged = new List<Loss>();
        foreach (var gap in lost.Select(batch => GapOf(batch, reason)))
            if (merged is [.., var last] && last.Last + 1 == gap.First && last.OtherChain == gap.OtherChain) merged[^1] = gap with { First = last.First };
            else merged.Add(gap);
        return merged.Select(loss => Payload.Gap(speaker, clock.GetUtcNow(), loss));
    }

    Loss GapOf(Batch batch, string reason)
    {
        if (!IsOwn(batch))
        {
            var beginning = waiting.Find(other => other.Order > batch.Order && other.First == 1)!;
            return new Loss(batch.First, batch.Last, reason, null, Peek(beginning, record => (string?)JsonNode.Parse(record.Payload)?["ratchet"]?["chain"]?["follows"]) ?? "unknown");
        }
        var next = waiting.Find(other => other.Order > batch.Order);
        return new Loss(batch.First, batch.Last, reason, next is null ? head.KeyId : Peek(next, record => record.KeyId));
    }

    /// <summary>Whether a waiting batch is of this chain: numbers begin at 1 in each.</summary>
    bool IsOwn(Batch batch) => !waiting.Exists(other => other.Order > batch.Order && other.First == 1);

    /// <summary>Something of the first record of a batch; null where it cannot be read.</summary>
    string? Peek(Batch batch, Func<Token, string?> look)
    {
        try
        {
            return Jws.Parse(Spool.Read(batch)[0], out _) is { } record ? look(record) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or System.Text.Json.JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
