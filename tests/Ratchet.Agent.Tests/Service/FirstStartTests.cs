using Ratchet.Agent.Records;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Service;

/// <summary>A first start on a disk that is full at one of its steps: each directory, file and byte in turn is the one too many.</summary>
public sealed class FirstStartTests : IDisposable
{
    static readonly Speaker Host = Ledgers.Named("web01");

    readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [NeedsRootTheory]
    [InlineData("nr_inodes=", 1, "", "nr_inodes=100")]
    [InlineData("size=", 4, "k", "size=256k")]
    public void Whatever_finds_no_room_the_next_start_is_still_the_first_and_uses_nothing_half_made(string limit, int unit, string suffix, string plenty)
    {
        var failures = 0;
        for (var isDone = false; !isDone; failures += isDone ? 0 : 1)
        {
            using var disk = new SmallDisk(folder, kilobytes: 256);
            var state = Path.Combine(disk.Path, "state");
            disk.Remount($"{limit}{(failures + 1) * unit}{suffix}");
            isDone = TryOpen(state);
            disk.Remount(plenty);
            using var ledger = Ledger.Open(state, Host, TimeProvider.System);
            Assert.Equal(!isDone, ledger.IsNewChain);
            ledger.Fill(Host, 2);
            var records = ledger.Spool.Records();
            Assert.Equal((1, "first-start"), (Ledgers.ClaimsOf(records[0]).Sequence, Ledgers.ClaimsOf(records[0]).Reason));
            Assert.Empty(Ledgers.Verify(Ledgers.KeySetOf(ledger.PublicKey), records).Problems);
            Assert.Empty(Directory.GetFiles(disk.Path, "*.tmp", SearchOption.AllDirectories));
        }
        // Head, key and record at the least.
        Assert.True(failures >= 2, $"only {failures} steps have failed");
    }

    static bool TryOpen(string state)
    {
        try
        {
            Ledger.Open(state, Host, TimeProvider.System).Dispose();
            return true;
        }
        catch (IOException e)
        {
            Assert.Contains("No space left", e.Message, StringComparison.Ordinal);
            return false;
        }
    }
}
