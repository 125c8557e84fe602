// What cannot be kept or delivered: full spool, torn and vanished batches, refused records. Each is declared before it is let go.
using System.Text;
using System.Text.Json.Nodes;
using Ratchet.Agent.Shipping;

namespace Ratchet.Agent.Records;

sealed partial class Ledger
{
    /// <summary>What records of this run have declared as lost.</summary>
    List<Loss> declared = [];

    /// <summary>Declares batches as lost that cannot be read; what there is of them is set aside.</summary>
    /// <exception cref="IOException">They could not be declared and are still waiting.</exception>
    public void Lose(IReadOnlyList<Batch> batches, string reason)
    {
        lock (gate)
        {
            var lost = batches.Where(waiting.Contains).ToList();
            // A name may claim numbers that no record has ever had: nothing is said of those.
            Record([], LossesOf([.. lost.Where(batch => batch.Last <= head.Sequence || !IsOwn(batch))], reason));
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
            // The key after it: in its batch that is its own, and a rotation stands alone in its batch.
            var gap = GapOf(batch, $"refused by the receiver with HTTP {status}") with { First = number, Last = number };
            Record([Payload.RecordRejected(speaker, clock.GetUtcNow(), claims?.EventId, number, status)], WithEarlier([gap, .. DeclaredBy(record)]));
        }
        Committed?.Invoke();
    }

    /// <summary>The newest record that waits; null where there is none to be read.</summary>
    public string? Newest()
    {
        lock (gate)
            return waiting.Count > 0 && !Spool.IsGone(waiting[^1]) ? ChainFile.Readable(() => Spool.Read(waiting[^1])[^1], out _) : null;
    }

    /// <summary>Commits payloads, and the records that declare losses.</summary>
    void Record(IReadOnlyList<JsonObject> payloads, List<Loss> losses)
    {
        if (payloads.Count + losses.Count == 0) return;
        try
        {
            Commit([.. payloads, .. GapsOf(losses)], head.KeyId);
            Trouble = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Trouble = $"the spool cannot be written: {e.Message}";
            throw;
        }
        declared = Merge(declared.Concat(losses));
    }

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

    /// <summary>
    /// What has to be declared for these batches: whole runs of lost numbers, with those that earlier records have declared, which may
    /// be lost themselves. So one record is enough, however long the spool stays full.
    /// </summary>
    List<Loss> LossesOf(IReadOnlyList<Batch> lost, string reason) =>
        WithEarlier([.. lost.Select(batch => GapOf(batch, reason)), .. lost.SelectMany(DeclaredIn)]);

    List<Loss> WithEarlier(List<Loss> losses) =>
        Merge(declared.Concat(losses)).FindAll(run => losses.Exists(loss => loss.OtherChain == run.OtherChain && loss.First >= run.First && loss.Last <= run.Last));

    IEnumerable<JsonObject> GapsOf(List<Loss> losses) => losses.Select(loss => Payload.Gap(speaker, clock.GetUtcNow(), loss));

    static List<Loss> Merge(IEnumerable<Loss> losses)
    {
        var merged = new List<Loss>();
        foreach (var loss in losses.OrderBy(loss => loss.OtherChain, StringComparer.Ordinal).ThenBy(loss => loss.First))
            if (merged is not [.., var last] || last.OtherChain != loss.OtherChain || last.Last + 1 < loss.First) merged.Add(loss);
            else merged[^1] = loss.Last > last.Last ? loss with { First = last.First } : last;
        return merged;
    }

    IEnumerable<Loss> DeclaredIn(Batch batch)
    {
        try
        {
            return [.. Spool.Read(batch).SelectMany(DeclaredBy)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return [];
        }
    }

    IEnumerable<Loss> DeclaredBy(string record)
    {
        const string Reason = "declared by a record that is lost itself";
        if (Jws.Parse(record, out _) is not { } token || Claims.Parse(token.Payload, out _) is not { } claims) yield break;
        if (claims.Gap is { } gap) yield return new Loss(gap.First, gap.Last, Reason, claims.GapKeyId?.ToString(), claims.Chain == head.Id ? null : claims.Chain);
        if (claims.Lost is { } lost) yield return new Loss(lost.First, lost.Last, Reason, claims.GapKeyId?.ToString(), lost.Chain);
    }

    Loss GapOf(Batch batch, string reason)
    {
        var next = waiting.Find(other => other.Order > batch.Order);
        if (!IsOwn(batch))
        {
            var beginning = waiting.Find(other => other.Order > batch.Order && other.First == 1)!;
            var after = next == beginning ? null : Peek(next!, record => record.KeyId);
            return new Loss(batch.First, batch.Last, reason, after, Peek(beginning, record => (string?)JsonNode.Parse(record.Payload)?["ratchet"]?["chain"]?["follows"]) ?? "unknown");
        }
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
