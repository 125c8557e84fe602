using System.Text.Json;
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

    /// <summary>A minute, in the microseconds that <c>event.sequence</c> counts.</summary>
    const long TornMargin = 60_000_000;

    readonly string directory;
    readonly Speaker speaker;
    readonly TimeProvider clock;
    readonly FileStream stateLock;
    readonly Lock gate = new();
    readonly Rejected rejected;
    readonly long quota;

    /// <summary>What has to be sent, oldest first; and what was, but could not be deleted yet.</summary>
    readonly List<Batch> waiting, delivered = [];

    SigningKey key;
    ChainHead head;
    long savedEventSequence, lostEventSequence, size;

    Ledger(string directory, Speaker speaker, TimeProvider clock, long quota, FileStream held)
    {
        (this.directory, this.speaker, this.clock, this.quota, stateLock) = (directory, speaker, clock, quota, held);
        rejected = new Rejected(Path.Combine(directory, "rejected"));
        Spool = new Spool(Path.Combine(directory, "spool"));
        DurableFile.RemoveTemporaries(directory);
        waiting = [.. Spool.List()];
        size = waiting.Sum(Spool.SizeOf);
        var found = FindHead(out var damaged);
        // A copied key is a key that two hosts have: the copy makes its own.
        var isClone = found?.Machine is { } machine && machine != speaker.Id;
        (key, var keyIsNew) = OpenKey(found, isClone);
        IsNewChain = found is null or { Sequence: 0 } || damaged || isClone || found.KeyId != key.Id;
        head = IsNewChain ? Begin(found, damaged, keyIsNew, isClone) : found!;
        if (isClone) DurableFile.Rename(NextKeyPath, KeyPath);
        else if (keyIsNew) key.Save(KeyPath);
        if (IsNewChain) Append([Payload.Start(speaker, clock.GetUtcNow(), head.Reason!, head.Follows)]);
    }

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
            using var next = OpenNextKey();
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
            var next = OpenNextKey();
            Commit([Payload.KeyRotated(speaker, clock.GetUtcNow(), next.ToPublicKey(speaker.Name))], next.Id);
            key.Dispose();
            key = next;
            DurableFile.Rename(NextKeyPath, KeyPath);
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
        Readable(() => ReadHead(directory), out _)?.Machine is { } machine && machine != speaker.Id ? null : SigningKey.Load(KeyPathIn(directory));

    /// <summary>The prepared successor of a state directory's key; null where none is prepared.</summary>
    public static SigningKey? ReadNextKey(string directory) => SigningKey.Load(NextKeyPathIn(directory));

    static string KeyPathIn(string directory) => SealedKey.Path ?? Path.Combine(directory, "key.pem");

    string KeyPath => KeyPathIn(directory);

    static string NextKeyPathIn(string directory) => Path.Combine(directory, "key.next.pem");

    string NextKeyPath => NextKeyPathIn(directory);

    string HeadPath => HeadPathIn(directory);

    static string HeadPathIn(string directory) => Path.Combine(directory, "chain.json");

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
            if (head.EventSequence > savedEventSequence) SaveHead(head);
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

    /// <summary>
    /// A new chain. Its head is saved before the key is, so that a crash in between does not look like a loss.
    /// </summary>
    ChainHead Begin(ChainHead? found, bool damaged, bool keyIsNew, bool isClone)
    {
        var reason = isClone ? "cloned"
            : found is { Sequence: 0, Reason: not null } ? found.Reason
            : damaged ? "state-lost"
            : found is not null ? "key-lost"
            : keyIsNew ? "first-start"
            : SealedKey.Path is null ? "state-lost" : "no-state";
        var follows = found is { Sequence: 0 } ? found.Follows : found?.Id;
        var begun = new ChainHead(Guid.CreateVersion7().ToString(), 0, null, Math.Max(found?.EventSequence ?? 0, lostEventSequence), key.Id, reason, follows);
        SaveHead(begun);
        return begun;
    }

    void SaveHead(ChainHead current)
    {
        DurableFile.Write(HeadPath, JsonSerializer.SerializeToUtf8Bytes(current with { Machine = speaker.Id }, RecordJson.Default.ChainHead));
        savedEventSequence = current.EventSequence;
    }

    /// <summary>The newer of chain.json and the newest record in the spool; null where there is neither.</summary>
    /// <param name="damaged">One of them is unreadable: numbers may have been used that must not be used again.</param>
    ChainHead? FindHead(out bool damaged)
    {
        var saved = Readable(() => ReadHead(directory), out damaged);
        savedEventSequence = saved?.EventSequence ?? 0;
        if (waiting is not [.., var newest]) return saved;
        var last = Readable(() => ChainHead.Of(Spool.Read(newest)[^1]), out var torn);
        damaged |= torn;
        // Of a torn batch its name says where it began; the rest was sealed within moments.
        lostEventSequence = torn ? newest.Order + newest.Count + TornMargin : 0;
        return saved is null || last?.EventSequence > saved.EventSequence ? last is null ? null : last with { Machine = saved?.Machine ?? last.Machine } : saved;
    }

    static T? Readable<T>(Func<T?> read, out bool damaged) where T : class
    {
        damaged = false;
        try
        {
            return read();
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or JsonException)
        {
            damaged = true;
            return null;
        }
    }

    static ChainHead? ReadHead(string directory)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(HeadPathIn(directory)), RecordJson.Default.ChainHead);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The key to go on with, and whether it still has to be saved. A rotation that a crash cut short is completed, or its key stays prepared.</summary>
    (SigningKey Key, bool IsNew) OpenKey(ChainHead? found, bool isClone)
    {
        if (isClone)
        {
            // It takes the place of the copied key when the head that names it is saved.
            var own = SigningKey.Create();
            own.Save(NextKeyPath);
            return (own, true);
        }
        var next = SigningKey.Load(NextKeyPath);
        if (next is not null && found?.KeyId == next.Id)
        {
            DurableFile.Rename(NextKeyPath, KeyPath);
            return (next, false);
        }
        next?.Dispose();
        return SigningKey.Load(KeyPath) is { } current ? (current, false) : (SigningKey.Create(), true);
    }

    SigningKey OpenNextKey()
    {
        if (SealedKey.Path is { } path) throw new IOException($"{path}: the key is a credential of systemd; seal a new one in its place and restart the service");
        if (ReadNextKey(directory) is { } prepared) return prepared;
        var made = SigningKey.Create();
        made.Save(NextKeyPath);
        return made;
    }
}
