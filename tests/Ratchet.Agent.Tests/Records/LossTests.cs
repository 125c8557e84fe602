using System.Text.Json.Nodes;
using Ratchet.Agent.Records;
using Ratchet.Agent.Shipping;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Records;

/// <summary>Numbers of an earlier chain that a host gave up (<c>ratchet.lost</c>): told from tampering, and no way to hide it.</summary>
public sealed class LossTests : IDisposable
{
    const string Host = "web01";

    static readonly Speaker Speaker = Ledgers.Named(Host);

    readonly Folder folder = new();
    readonly List<string> received = [];
    readonly PublicKey key;
    readonly ChainHead head;

    /// <summary>A chain of 7 records in three batches, of which the second is torn; its head is damaged, so that another chain follows and declares the loss.</summary>
    public LossTests()
    {
        Batch torn;
        using (var ledger = Ledger.Open(folder["state"], Speaker, TimeProvider.System))
        {
            ledger.Fill(Speaker, 6);
            torn = ledger.Spool.List()[1];
        }
        folder.Write("state/chain.json", "{");
        using var next = Ledger.Open(folder["state"], Speaker, TimeProvider.System);
        next.Lose([torn], "damaged in the spool");
        received.AddRange(next.Spool.Records());
        (key, head) = (next.PublicKey, next.Head);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_declared_loss_of_an_earlier_chain_is_no_tampering_and_is_counted()
    {
        var report = Verify();
        Assert.Empty(report.Problems);
        Assert.Equal([("first-start", 4L, 3L, 0L), ("state-lost", 2L, 0L, 0L)], report.Chains.Select(chain => (chain.Reason, chain.Records, chain.Declared, chain.Missing)));
    }

    [Fact]
    public void Without_the_record_that_declares_it_the_same_is_missing()
    {
        received.RemoveAll(record => Ledgers.PayloadOf(record)["ratchet"]!["lost"] is not null);
        AssertProblem(ProblemKind.Missing, 2);
    }

    [Fact]
    public void One_record_more_that_is_taken_away_is_missing()
    {
        received.RemoveAt(2);
        AssertProblem(ProblemKind.Missing, 6);
    }

    [Fact]
    public void A_larger_loss_written_into_the_record_is_forged_and_covers_nothing()
    {
        var place = received.FindIndex(record => Ledgers.PayloadOf(record)["ratchet"]!["lost"] is not null);
        var parts = received[place].Split('.');
        var payload = Ledgers.PayloadOf(received[place]);
        payload["ratchet"]!["lost"]!["last"] = 1_000_000;
        received[place] = $"{parts[0]}.{System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(payload.ToJsonString()))}.{parts[2]}";
        AssertProblem(ProblemKind.Forged, 2);
        AssertProblem(ProblemKind.Missing, 2);
    }

    [Fact]
    public void Another_host_s_word_covers_nothing()
    {
        using var other = SigningKey.Create();
        received.RemoveAll(record => Ledgers.PayloadOf(record)["ratchet"]!["lost"] is not null);
        received.Add(Chain.Seal(new ChainHead("other", 0, null, 0, other.Id), Loss("db01", 1, 1_000_000), other, DateTimeOffset.UnixEpoch).Compact);
        AssertProblem(ProblemKind.Missing, 2, other.ToPublicKey("db01"));
    }

    /// <summary>With the host's own key: what is there is judged all the same, and the report says how much is not.</summary>
    [Fact]
    public void A_larger_loss_hides_neither_a_fork_nor_a_broken_link_nor_how_many_records_are_there()
    {
        using var stolen = SigningKey.Load(folder["state/key.pem"])!;
        received.Add(Chain.Seal(head, Loss(Host, 1, 1_000_000), stolen, TimeProvider.System.GetUtcNow()).Compact);
        var before = Verify();
        Assert.Empty(before.Problems);
        Assert.Equal((4L, 3L), (before.Chains[0].Records, before.Chains[0].Declared));

        var first = ChainHead.Of(received[0]);
        received.Add(Chain.Seal(first with { Previous = null, Sequence = 0 }, Payload.Stop(Speaker, DateTimeOffset.UnixEpoch), stolen, DateTimeOffset.UnixEpoch).Compact);
        AssertProblem(ProblemKind.Forked, 1);
        received[^1] = Chain.Seal(first with { Sequence = 5, Previous = Jws.Hash("another"), EventSequence = ChainHead.Of(received[1]).EventSequence }, Payload.Stop(Speaker, TimeProvider.System.GetUtcNow()), stolen, TimeProvider.System.GetUtcNow()).Compact;
        AssertProblem(ProblemKind.Forked, 6);
        received.RemoveAt(2);
        AssertProblem(ProblemKind.BrokenLink, 7);
    }

    JsonObject Loss(string host, long from, long to)
    {
        var chain = Ledgers.ClaimsOf(received[0]).Chain;
        return Payload.Gap(Ledgers.Named(host), TimeProvider.System.GetUtcNow(), new Loss(from, to, "given up", null, chain));
    }

    VerifyReport Verify(params PublicKey[] others) => Ledgers.Verify(Ledgers.KeySetOf([key, .. others]), received);

    void AssertProblem(ProblemKind kind, long sequence, params PublicKey[] others) =>
        Assert.Contains(Verify(others).Problems, problem => problem.Kind == kind && problem.Sequence == sequence);
}
