using System.Text.Json.Nodes;
using Ratchet.Agent.Shipping;

namespace Ratchet.Agent.Records;

/// <summary>
/// The state directory: the key, the head of the chain and the spool, held by one process at a time. A record exists from the
/// moment its batch is renamed into the spool.
/// </summary>
/// <remarks>
/// <code>
/// lock            held while the agent runs
/// key.pem         private key, PKCS#8
/// key.next.pem    the successor, once it is prepared
/// chain.json      head of the chain, as of the last acknowledged batch or later
/// spool/          records that nobody has acknowledged
/// rejected/       records that the receiver refuses, and torn batches
/// </code>
/// chain.json is not written with each batch: the head is the newer of chain.json and the last record in the spool, and a
/// batch is deleted only when chain.json has passed it. So a crash at any point neither repeats nor skips a number.
/// </remarks>
sealed partial class Ledger : IDisposable
{
    /// <summary>Most bytes in the spool; then the oldest batch is given up.</summary>
    public const long DefaultQuota = 256 << 20;

    const int BatchLimit = 500;

    /// <summary>Characters after which a batch takes no further record.</summary>
    const int BatchSize = 1 << 20;

    /// <summary>EWOULDBLOCK, as IOException carries it.</summary>
    const int WouldBlock = 11;

    readonly Speaker speaker;
    readonly TimeProvider clock;
    readonly FileStream stateLock;
    readonly Lock gate = new();
    readonly Rejected rejected;
    readonly KeyFiles keys;
    readonly ChainFile saved;
    readonly long quota;

    /// <summary>What has to be sent, oldest first; and what was, but could not be deleted yet.</summary>
    readonly List<Batch> waiting, delivered = [];

    SigningKey key;
    ChainHead head;
    long lostEventSequence, size;

    public Spool Spool { get; }

    /// <summary>Called when records have been added to the spool.</summary>
    public Action? Committed { get; set; }

    public ChainHead Head
    {
        get { lock (gate) return head; }
    }

    /// <summary>Batches that have to be sent.</summary>
    public int WaitingCount
    {
        get { lock (gate) return waiting.Count; }
    }

    /// <summary>Why the last write failed; null while the disk takes what it is given.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Whether opening began a new chain (its record 1 says why).</summary>
    public bool IsNewChain { get; }

    public PublicKey PublicKey
    {
        get { lock (gate) return key.ToPublicKey(speaker.Name); }
    }

    /// <summary>Opens the state directory, making what is missing.</summary>
    /// <exception cref="IOException">Another process holds it, or it cannot be read or written.</exception>
    public static Ledger Open(string directory, Speaker speaker, TimeProvider clock, long quota = DefaultQuota)
    {
        DurableFile.MakeDirectory(directory);
        var held = TryLock(directory) ?? throw new IOException($"{directory} is in use: the agent is running");
        try
        {
            return new Ledger(directory, speaker, clock, quota, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>The lock of a state directory, or null where a running agent holds it.</summary>
    public static FileStream? TryLock(string directory)
    {
        var path = Path.Combine(directory, "lock");
        try
        {
            // Read-only, so that it holds nothing up on a disk that lets nothing be written.
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.Read, FileShare.None);
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            return null;
        }
    }

    /// <summary>The batches to be sent that are newer than <paramref name="order"/>, oldest first.</summary>
    public IReadOnlyList<Batch> Waiting(long order)
    {
        lock (gate) return waiting.FindAll(batch => batch.Order > order);
    }

    /// <summary>Numbers, links and signs the payloads; returns when they are on the disk.</summary>
    /// <exception cref="IOException">They are not on the disk, and their numbers are not used up.</exception>
    public void Append(IReadOnlyList<JsonObject> payloads)
    {
        foreach (var chunk in payloads.Chunk(BatchLimit))
            lock (gate)
            {
                var surplus = Surplus();
                Record(chunk, LossesOf(surplus, $"given up: the spool has no room for more than {quota >> 20} MiB"));
                waiting.RemoveAll(surplus.Contains);
                delivered.AddRange(surplus);
                Tidy();
            }
        Committed?.Invoke();
    }

    /// <summary>Makes the key that the next rotation goes on with, where it is not made yet. Returns its id.</summary>
    /// <exception cref="IOException">It cannot be written, or the key is a credential, which only the service manager replaces.</exception>
    public string PrepareKey()
    {
        lock (gate)
        {
            using var next = keys.Prepare();
            return next.Id;
        }
    }

    /// <summary>
    /// Goes on with the prepared key, or a new one: the old key signs a record that names it, and it signs everything after.
    /// Returns its id.
    /// </summary>
    /// <exception cref="IOException">It cannot be written, or the key is a credential, which only the service manager replaces.</exception>
    public string RotateKey()
    {
        lock (gate)
        {
            var next = keys.Prepare();
            Commit([Payload.KeyRotated(speaker, clock.GetUtcNow(), next.ToPublicKey(speaker.Name))], next.Id);
            key.Dispose();
            key = next;
            keys.Promote();
        }
        Committed?.Invoke();
        return key.Id;
    }

    /// <summary>Takes batches as delivered: they are not sent again, and deleted as soon as the disk allows it.</summary>
    public void Acknowledge(IReadOnlyList<Batch> batches)
    {
        lock (gate)
        {
            waiting.RemoveAll(batches.Contains);
            delivered.AddRange(batches.Except(delivered));
            Tidy();
        }
    }

    public void Dispose()
    {
        key.Dispose();
        stateLock.Dispose();
    }

    /// <summary>The current key of a state directory, which another process may hold; null where this machine has made none.</summary>
    public static SigningKey? ReadKey(string directory, Speaker speaker) =>
        new ChainFile(directory).Read(out _)?.Machine is { } machine && machine != speaker.Id ? null : new KeyFiles(directory).Read();

    /// <summary>The prepared successor of a state directory's key; null where none is prepared.</summary>
    public static SigningKey? ReadNextKey(string directory) => new KeyFiles(directory).ReadNext();

    /// <summary>Seals and stores records, as many to a batch as it takes.</summary>
    void Commit(IReadOnlyList<JsonObject> payloads, string nextKeyId)
    {
        var (after, lines, order, length) = (head, new List<string>(payloads.Count), 0L, 0);
        for (var i = 0; i < payloads.Count; i++)
        {
            (var compact, after) = SealWithin(after, payloads[i]);
            if (lines.Count == 0) order = after.EventSequence;
            lines.Add(compact);
            length += compact.Length + 1;
            if (length < BatchSize && i < payloads.Count - 1) continue;
            var batch = new Batch(order, head.Sequence + 1, after.Sequence);
            Spool.Commit(batch, lines);
            waiting.Add(batch);
            size += length;
            head = i < payloads.Count - 1 ? after : after with { KeyId = nextKeyId };
            lines.Clear();
            length = 0;
        }
    }

    /// <summary>
    /// Deletes what was delivered. The batch that holds the head goes only once chain.json holds it too: on a full disk it stays,
    /// and the others make room.
    /// </summary>
    void Tidy()
    {
        if (delivered.Count == 0) return;
        try
        {
            var anchor = IsHeadSaved() ? null : waiting.Count > 0 ? null : delivered.MaxBy(batch => batch.Order);
            foreach (var batch in delivered.Where(batch => batch != anchor).ToList())
            {
                var bytes = Spool.SizeOf(batch);
                Spool.Delete(batch);
                delivered.Remove(batch);
                size -= bytes;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Trouble = e.Message;
        }
    }

    bool IsHeadSaved()
    {
        try
        {
            if (head.EventSequence > saved.EventSequence) Save(head);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Trouble = e.Message;
            return false;
        }
    }

    /// <summary>Seals a payload; one that is longer than a record may be goes without its evidence.</summary>
    (string Compact, ChainHead Head) SealWithin(ChainHead before, JsonObject payload)
    {
        var record = Chain.Seal(before, payload, key, clock.GetUtcNow());
        if (record.Compact.Length <= Jws.LengthLimit) return record;
        if (payload["result"] is JsonObject result) result["evidence"] = new JsonObject { ["omitted"] = $"larger than the {Jws.LengthLimit} characters of a record" };
        record = Chain.Seal(before, payload, key, clock.GetUtcNow());
        return record.Compact.Length <= Jws.LengthLimit ? record : throw new IOException($"a record is longer than {Jws.LengthLimit} characters without its evidence");
    }
}
