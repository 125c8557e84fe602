using Ratchet.Agent.Records;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Records;

/// <summary>A state directory of the host web01, and every key that signed in it.</summary>
public abstract class StateDirectory : IDisposable
{
    private protected static readonly Speaker Host = Ledgers.Named("web01");

    private protected readonly Folder folder = new();
    private protected readonly HandClock clock = new();
    private protected readonly List<PublicKey> keys = [];

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected Ledger Open()
    {
        var ledger = Ledger.Open(folder["state"], Host, clock);
        keys.Add(ledger.PublicKey);
        return ledger;
    }

    private protected void AssertGood(IEnumerable<string> records, int chains = 1)
    {
        var report = Ledgers.Verify(Ledgers.KeySetOf(keys), records);
        Assert.Empty(report.Problems);
        Assert.Equal(chains, report.Chains.Count);
    }

    private protected static string? Reason(string record) => (string?)Ledgers.PayloadOf(record)["ratchet"]!["chain"]!["reason"];
}
