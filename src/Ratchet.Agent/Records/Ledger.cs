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
/// </code>
/// chain.json is not written with each batch: the head is the newer of chain.json and the last record in the spool, and a
/// batch is deleted only when chain.json has passed it. So a crash at any point neither repeats nor skips a number.
/// </remarks>
sealed class Ledger : IDisposable
{
    const int BatchLimit = 500;

    /// <summary>A minute, in the microseconds that <c>event.sequence</c> counts.</summary>
    const long TornMargin = 60_000_000;

    readonly string directory;
    readonly Speaker speaker;
    readonly TimeProvider clock;
    readonly FileStream stateLock;
    readonly Lock gate = new();
    SigningKey key;
    ChainHead head;
    long savedEventSequence, lostEventSequence;

    Ledger(string directory, Speaker speaker, TimeProvider clock, FileStream held)
    {
        (this.directory, this.speaker, this.clock, stateLock) = (directory, speaker, clock, held);
        Spool = new Spool(Path.Combine(directory, "spool"));
        DurableFile.RemoveTemporaries(directory);
        var found = FindHead(out var damaged);
        (key, var keyIsNew) = OpenKey(found);
        IsNewChain = found is null or { Sequence: 0 } || damaged || found.KeyId != key.Id;
        head = IsNewChain ? Begin(found, damaged, keyIsNew) : found!;
        if (keyIsNew) key.Save(KeyPath);
        if (IsNewChain) Append([Payload.Start(speaker, clock.GetUtcNow(), head.Reason!, head.Follows)]);
    }

    public Spool Spool { get; }

    /// <summary>Called when records have been added to the spool.</summary>
    public Action? Committed { get; set; }

    public ChainHead Head
    {
        get { lock (gate) return head; }
    }

    /// <summary>Whether opening began a new chain (its record 1 says why).</summary>
    public bool IsNewChain { get; }

    public PublicKey PublicKey
    {
        get { lock (gate) return key.ToPublicKey(speaker.Name); }
    }

    /// <summary>Opens the state directory, making what is missing.</summary>
    /// <exception cref="IOException">Another process holds it, or it cannot be read or written.</exception>
    public static Ledger Open(string directory, Speaker speaker, TimeProvider clock)
    {
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var held = TryLock(directory) ?? throw new IOException($"{directory} is in use: the agent is running");
        try
        {
            return new Ledger(directory, speaker, clock, held);
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
        try
        {
            return new FileStream(Path.Combine(directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException))
        {
            return null;
        }
    }

    /// <summary>Numbers, links and signs the payloads; returns when they are on the disk.</summary>
    /// <exception cref="IOException">They are not on the disk, and their numbers are not used up.</exception>
    public void Append(IReadOnlyList<JsonObject> payloads)
    {
        foreach (var chunk in payloads.Chunk(BatchLimit))
            lock (gate) Commit(chunk, head.KeyId);
        Committed?.Invoke();
    }

    /// <summary>Makes the key that the next rotation goes on with, where it is not made yet. Returns its id.</summary>
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
        if (SealedKey.Path is { } path) throw new IOException($"{path}: the key is a credential of systemd; seal a new one in its place and restart the service");
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

    /// <summary>Deletes batches that the receiver has acknowledged.</summary>
    public void Acknowledge(IEnumerable<Batch> batches)
    {
        lock (gate)
            if (head.EventSequence > savedEventSequence) SaveHead(head);
        foreach (var batch in batches) Spool.Delete(batch);
    }

    public void Dispose()
    {
        key.Dispose();
        stateLock.Dispose();
    }

    /// <summary>The current key of a state directory, which another process may hold; null where none has been made.</summary>
    public static SigningKey? ReadKey(string directory) => SigningKey.Load(KeyPathIn(directory));

    /// <summary>The prepared successor of a state directory's key; null where none is prepared.</summary>
    public static SigningKey? ReadNextKey(string directory) => SigningKey.Load(NextKeyPathIn(directory));

    static string KeyPathIn(string directory) => SealedKey.Path ?? Path.Combine(directory, "key.pem");

    string KeyPath => KeyPathIn(directory);

    static string NextKeyPathIn(string directory) => Path.Combine(directory, "key.next.pem");

    string NextKeyPath => NextKeyPathIn(directory);

    string HeadPath => Path.Combine(directory, "chain.json");

    void Commit(IReadOnlyList<JsonObject> payloads, string nextKeyId)
    {
        var (after, lines, order) = (head, new List<string>(payloads.Count), 0L);
        foreach (var payload in payloads)
        {
            (var compact, after) = SealWithin(after, payload);
            if (order == 0) order = after.EventSequence;
            lines.Add(compact);
        }
        Spool.Commit(new Batch(order, head.Sequence + 1, after.Sequence), lines);
        head = after with { KeyId = nextKeyId };
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
    ChainHead Begin(ChainHead? found, bool damaged, bool keyIsNew)
    {
        var reason = found is { Sequence: 0, Reason: not null } ? found.Reason
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
        DurableFile.Write(HeadPath, JsonSerializer.SerializeToUtf8Bytes(current, RecordJson.Default.ChainHead));
        savedEventSequence = current.EventSequence;
    }

    /// <summary>The newer of chain.json and the newest record in the spool; null where there is neither.</summary>
    /// <param name="damaged">One of them is unreadable: numbers may have been used that must not be used again.</param>
    ChainHead? FindHead(out bool damaged)
    {
        var saved = Readable(ReadHead, out damaged);
        savedEventSequence = saved?.EventSequence ?? 0;
        if (Spool.List() is not [.., var newest]) return saved;
        var last = Readable(() => ChainHead.Of(Spool.Read(newest)[^1]), out var torn);
        damaged |= torn;
        // Of a torn batch its name says where it began; the rest was sealed within moments.
        lostEventSequence = torn ? newest.Order + newest.Count + TornMargin : 0;
        return saved is null || last?.EventSequence > saved.EventSequence ? last : saved;
    }

    static ChainHead? Readable(Func<ChainHead?> read, out bool damaged)
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

    ChainHead? ReadHead()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(HeadPath), RecordJson.Default.ChainHead);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The key to go on with, and whether it still has to be saved. A rotation that a crash cut short is completed, or its key stays prepared.</summary>
    (SigningKey Key, bool IsNew) OpenKey(ChainHead? found)
    {
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
        if (ReadNextKey(directory) is { } prepared) return prepared;
        var made = SigningKey.Create();
        made.Save(NextKeyPath);
        return made;
    }
}
