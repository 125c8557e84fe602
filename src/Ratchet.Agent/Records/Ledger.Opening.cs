// How a state directory is taken up: where the chain stands, which key signs, and why a new chain begins.
using Ratchet.Agent.Shipping;

namespace Ratchet.Agent.Records;

sealed partial class Ledger
{
    /// <summary>A minute, in the microseconds that <c>event.sequence</c> counts.</summary>
    const long TornMargin = 60_000_000;

    Ledger(string directory, Speaker speaker, TimeProvider clock, long quota, FileStream held)
    {
        (this.speaker, this.clock, this.quota, stateLock) = (speaker, clock, quota, held);
        (keys, saved) = (new KeyFiles(directory), new ChainFile(directory));
        rejected = new Rejected(Path.Combine(directory, "rejected"));
        Spool = new Spool(Path.Combine(directory, "spool"));
        DurableFile.RemoveTemporaries(directory);
        waiting = [.. Spool.List()];
        size = waiting.Sum(Spool.SizeOf);
        var found = FindHead(out var damaged);
        // A copied key is a key that two hosts have: the copy makes its own, which takes the key's place once a head names it.
        var isClone = found?.Machine is { } machine && machine != speaker.Id;
        (key, var keyIsNew) = isClone ? (keys.Replacement(), true) : keys.Resume(found?.KeyId);
        IsNewChain = found is null or { Sequence: 0 } || damaged || isClone || IsRenamed(found) || found.KeyId != key.Id;
        head = IsNewChain ? Begin(found, damaged, keyIsNew, isClone) : found!;
        if (isClone) keys.Promote();
        else if (keyIsNew) keys.Save(key);
        if (IsNewChain) Append([Payload.Start(speaker, clock.GetUtcNow(), head.Reason!, head.Follows)]);
    }

    /// <summary>The newer of chain.json and the newest record in the spool; null where there is neither.</summary>
    /// <param name="damaged">One of them is unreadable: numbers may have been used that must not be used again.</param>
    ChainHead? FindHead(out bool damaged)
    {
        var onDisk = saved.Read(out damaged);
        if (waiting is not [.., var newest]) return onDisk;
        var last = ChainFile.Readable(() => ChainHead.Of(Spool.Read(newest)[^1]), out var torn);
        damaged |= torn;
        // Of a torn batch its name says where it began; the rest was sealed within moments.
        lostEventSequence = torn ? newest.Order + newest.Count + TornMargin : 0;
        if (onDisk is not null && !(last?.EventSequence > onDisk.EventSequence)) return onDisk;
        return last is null ? null : last with { Machine = onDisk?.Machine ?? last.Machine };
    }

    /// <summary>
    /// A new chain. Its head is saved before the key is, so that a crash in between does not look like a loss.
    /// </summary>
    ChainHead Begin(ChainHead? found, bool damaged, bool keyIsNew, bool isClone)
    {
        var reason = isClone ? "cloned"
            : found is { Sequence: 0, Reason: not null } ? found.Reason
            : damaged ? "state-lost"
            : IsRenamed(found) && found!.KeyId == key.Id ? "renamed"
            : found is not null ? "key-lost"
            : keyIsNew ? "first-start"
            : SealedKey.Path is null ? "state-lost" : "no-state";
        var follows = found is { Sequence: 0 } ? found.Follows : found?.Id;
        var begun = new ChainHead(Guid.CreateVersion7().ToString(), 0, null, Math.Max(found?.EventSequence ?? 0, lostEventSequence), key.Id, reason, follows);
        Save(begun);
        return begun;
    }

    /// <summary>A chain is of one name: under another, its beginning would seem to be missing.</summary>
    bool IsRenamed(ChainHead? found) => found?.Name is { } name && name != speaker.Name;

    void Save(ChainHead current) => saved.Save(current with { Machine = speaker.Id, Name = speaker.Name });
}
