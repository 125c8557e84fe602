using Ratchet.Agent.Records;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Shipping;

/// <summary>
/// The power is cut after every single write to the disk. The state lies on ext4 on a disk that records what is written; each beginning
/// of that record is the disk of a cut, mounted as after a boot (the journal is replayed) and opened by the agent. What the caller
/// was told before the cut is kept has to be there, and all that is there has to be a piece of the one chain.
/// </summary>
public sealed class PowerCutTests : IDisposable
{
    const int Megabytes = 6;

    static readonly Speaker Host = Ledgers.Named("web01");

    readonly Folder folder = new();
    readonly List<Told> told = [];
    readonly Dictionary<long, string> records = [];
    readonly List<PublicKey> keys = [];
    int checks;

    public void Dispose() => folder.Dispose();

    [RecordingDiskFact]
    public void Whatever_was_acknowledged_to_the_caller_is_on_the_disk_wherever_the_power_is_cut()
    {
        using var disk = new RecordingDisk(folder, Megabytes);
        Mounted(disk.Path, mount => Live(disk, Path.Combine(mount, "state")));

        var (platter, cache) = (disk.Empty(), new List<BlockRequest>());
        var random = new Random(4);
        var cuts = 0;
        foreach (var (request, now) in disk.Requests())
        {
            // A disk holds what it was told to flush, and any of the rest: all of it, and some of it.
            cache.Add(request);
            Check(platter, cache, now);
            if (!request.IsFlush) Check(platter, cache.Where(_ => random.Next(2) == 0), now);
            cuts += 1;
            if (!request.IsFlush) continue;
            foreach (var write in cache) write.ApplyTo(platter);
            cache.Clear();
        }
        // The recorder must have seen a file system at work, or this proves nothing.
        Assert.True(cuts > 100, $"only {cuts} writes");
    }

    /// <summary>Everything that a ledger writes.</summary>
    void Live(RecordingDisk disk, string state)
    {
        using var ledger = Ledger.Open(state, Host, TimeProvider.System);
        Tell();
        for (var i = 0; i < 6; i++)
        {
            if (i % 3 == 2) ledger.RotateKey();
            else ledger.Append([Payload.Stop(Host, DateTimeOffset.UnixEpoch), Payload.Stop(Host, DateTimeOffset.UnixEpoch)]);
            Tell();
        }
        var refused = ledger.Spool.List()[1];
        ledger.Reject(refused, refused.First, ledger.Spool.Read(refused)[0], 400);
        Tell();
        ledger.Acknowledge([.. ledger.Spool.List().Take(3)]);
        Tell();
        ledger.Append([Payload.Stop(Host, DateTimeOffset.UnixEpoch)]);
        Tell();
        ledger.Acknowledge(ledger.Spool.List());
        Tell();

        void Tell()
        {
            var unsent = ledger.Waiting(order: 0);
            told.Add(new Told(disk.Now, ledger.Head.Sequence, unsent.Count > 0 ? unsent[0].First : ledger.Head.Sequence + 1));
            if (keys.TrueForAll(key => key.Id != ledger.PublicKey.Id)) keys.Add(ledger.PublicKey);
            foreach (var record in ledger.Spool.Records()) records[Ledgers.ClaimsOf(record).Sequence] = record;
        }
    }

    void Check(byte[] platter, IEnumerable<BlockRequest> kept, long now)
    {
        var bytes = platter.ToArray();
        foreach (var write in kept) write.ApplyTo(bytes);
        // A file of its own: a mount namespace that some other test made meanwhile may still hold the loop device of the last one.
        var image = folder[$"cut.{checks++}.img"];
        File.WriteAllBytes(image, bytes);
        // The last that the caller was told before the cut; what was going on may be done or not.
        var before = told.FindLast(moment => moment.Now <= now) ?? new Told(0, 0, 1);
        var going = told.Find(moment => moment.Now > now) ?? before;
        Mounted(image, mount =>
        {
            using var ledger = Ledger.Open(Path.Combine(mount, "state"), Host, TimeProvider.System);
            if (before.Sequence == 0 && ledger.IsNewChain)
            {
                Assert.Equal("first-start", (string?)Ledgers.PayloadOf(ledger.Spool.Records()[0])["ratchet"]!["chain"]!["reason"]);
                return;
            }
            Assert.False(ledger.IsNewChain);
            Assert.InRange(ledger.Head.Sequence, before.Sequence, going.Sequence);
            var there = ledger.Spool.Records();
            Assert.Equal(there, there.Select(record => records[Ledgers.ClaimsOf(record).Sequence]));
            var first = there.Count > 0 ? Ledgers.ClaimsOf(there[0]).Sequence : ledger.Head.Sequence + 1;
            Assert.True(first <= going.Unsent, $"{first} is the first record in the spool, {going.Unsent} was not acknowledged");
            Assert.Equal(ledger.Head.Sequence - first + 1, there.Count);
            // It goes on with the number and the key that come next.
            ledger.Fill(Host, 1);
            Assert.Empty(Ledgers.Verify(Ledgers.KeySetOf(keys), ledger.Spool.Records(), window: true).Problems);
        });
        File.Delete(image);
    }

    void Mounted(string image, Action<string> work)
    {
        var mount = folder["mount"];
        Directory.CreateDirectory(mount);
        Programs.Run("/bin/mount", "-o", "loop,commit=300", image, mount);
        try
        {
            work(mount);
        }
        finally
        {
            Programs.Unmount(mount);
        }
    }

    /// <summary>What the caller knew when so much was recorded.</summary>
    /// <param name="Sequence">The last record that is kept.</param>
    /// <param name="Unsent">The first record that nobody has acknowledged.</param>
    sealed record Told(long Now, long Sequence, long Unsent);
}
