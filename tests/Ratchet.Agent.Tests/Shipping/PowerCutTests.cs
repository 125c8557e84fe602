using Ratchet.Agent.Records;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Shipping;

/// <summary>
/// The power is cut the moment after a caller was told that its records are kept. The state lies on ext4 in an image behind a loop
/// device; what has reached the image by then is what a disk would have, the rest is still in memory and lost. Each copy of the image
/// is mounted as after a boot (the journal is replayed) and opened by the agent.
/// </summary>
public sealed class PowerCutTests : IDisposable
{
    static readonly Speaker Host = Ledgers.Named("web01");

    readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [LoopFact]
    public void Whatever_was_acknowledged_to_the_caller_is_on_the_disk_after_a_power_cut()
    {
        var image = folder["disk.img"];
        using (var file = File.Create(image)) file.SetLength(16 << 20);
        Programs.Run("/usr/sbin/mkfs.ext4", "-q", image);
        var cuts = new List<(long Sequence, string KeyId, string Image)>();
        var records = new Dictionary<long, string>();
        var keys = new List<PublicKey>();
        Mounted(image, mount =>
        {
            using var ledger = Ledger.Open(Path.Combine(mount, "state"), Host, TimeProvider.System);
            Cut(ledger);
            for (var i = 0; i < 12; i++)
            {
                if (i % 5 == 4) ledger.RotateKey();
                else ledger.Append([Payload.Stop(Host, DateTimeOffset.UnixEpoch), Payload.Stop(Host, DateTimeOffset.UnixEpoch)]);
                Cut(ledger);
            }
            ledger.Acknowledge([.. ledger.Spool.List().Take(6)]);
            Cut(ledger);
            ledger.Append([Payload.Stop(Host, DateTimeOffset.UnixEpoch)]);
            Cut(ledger);
        });

        foreach (var (sequence, keyId, copy) in cuts)
            Mounted(copy, mount =>
            {
                using var ledger = Ledger.Open(Path.Combine(mount, "state"), Host, TimeProvider.System);
                Assert.False(ledger.IsNewChain);
                Assert.Equal((sequence, keyId), (ledger.Head.Sequence, ledger.Head.KeyId));
                var kept = ledger.Spool.Records();
                Assert.Equal(kept, kept.Select(record => records[Ledgers.ClaimsOf(record).Sequence]));
                Assert.Empty(Ledgers.Verify(Ledgers.KeySetOf(keys), kept, window: true).Problems);
                Assert.Equal(sequence, Ledgers.ClaimsOf(kept[^1]).Sequence);
            });

        void Cut(Ledger ledger)
        {
            cuts.Add((ledger.Head.Sequence, ledger.Head.KeyId, CopyAtRest(image, folder[$"cut-{cuts.Count}.img"])));
            if (keys.TrueForAll(key => key.Id != ledger.PublicKey.Id)) keys.Add(ledger.PublicKey);
            foreach (var record in ledger.Spool.Records()) records[Ledgers.ClaimsOf(record).Sequence] = record;
        }
    }

    /// <summary>A copy that was not written to while it was made: the kernel may write back on its own.</summary>
    static string CopyAtRest(string image, string copy)
    {
        byte[] before;
        do
        {
            before = File.ReadAllBytes(image);
            File.WriteAllBytes(copy, before);
        }
        while (!File.ReadAllBytes(image).AsSpan().SequenceEqual(before));
        return copy;
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
}
