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

    /// <summary>All of it, or all but its first records, is given up; none of it is here.</summary>
    [Theory]
    [InlineData(1, 7, 0)]
    [InlineData(4, 7, 1)]
    public void A_chain_of_which_nothing_is_here_is_missing_unless_all_of_it_is_declared(long from, long to, int problems)
    {
        using var own = SigningKey.Load(folder["state/key.pem"])!;
        var (first, next) = Chain.Seal(new ChainHead("next", 0, null, 0, own.Id), Payload.Start(Speaker, DateTimeOffset.UnixEpoch, "key-lost", Ledgers.ClaimsOf(received[0]).Chain), own, DateTimeOffset.UnixEpoch);
        var loss = Chain.Seal(next, Loss(Host, from, to), own, DateTimeOffset.UnixEpoch).Compact;
        received.Clear();
        received.AddRange([first, loss]);
        Assert.Equal(problems, Verify().Problems.Count(problem => problem.Kind == ProblemKind.Missing));
        Assert.Equal(problems == 0, Verify().IsGood);
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

    /// <summary>The record that declares the loss names the key after it, like a gap of the own chain.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_rotation_of_an_earlier_chain_that_is_lost_is_believed_where_its_loss_names_the_key(bool isNamed)
    {
        PublicKey before, after;
        Batch rotation;
        using (var ledger = Ledger.Open(folder["rotated"], Speaker, TimeProvider.System))
        {
            before = ledger.PublicKey;
            ledger.RotateKey();
            rotation = ledger.Spool.List()[^1];
            ledger.Fill(Speaker, 2);
        }
        folder.Write("rotated/chain.json", "{");
        using var next = Ledger.Open(folder["rotated"], Speaker, TimeProvider.System);
        after = next.PublicKey;
        next.Lose([rotation], "damaged in the spool");
        var records = next.Spool.Records().Select(record => isNamed || Ledgers.PayloadOf(record)["ratchet"]!["lost"] is null ? record : Unnamed(record, next.Head, folder["rotated/key.pem"]));
        var problems = Ledgers.Verify(Ledgers.KeySetOf([before, after]), [.. records]).Problems;
        Assert.Equal(isNamed ? [] : [ProblemKind.KeyChanged], problems.Select(problem => problem.Kind));
    }

    /// <summary>What the newest chain says of losses is lost itself: the next record says it again, for each chain.</summary>
    [Fact]
    public void A_lost_declaration_of_an_earlier_chain_is_declared_again()
    {
        using var ledger = Ledger.Open(folder["state"], Speaker, TimeProvider.System);
        var declaration = ledger.Spool.List()[^1];
        ledger.Lose([declaration], "damaged in the spool");
        var report = Ledgers.Verify(Ledgers.KeySetOf([key]), [.. ledger.Spool.Records()]);
        Assert.Empty(report.Problems);
        Assert.Equal([("first-start", 3L), ("state-lost", 1L)], report.Chains.Select(chain => (chain.Reason, chain.Declared)));
    }

    static string Unnamed(string record, ChainHead head, string keyFile)
    {
        using var own = SigningKey.Load(keyFile)!;
        var payload = Ledgers.PayloadOf(record);
        payload["ratchet"]!["lost"]!.AsObject().Remove("key");
        payload["ratchet"]!.AsObject().Remove("chain");
        return Chain.Seal(head with { Sequence = head.Sequence - 1, Previous = Ledgers.ClaimsOf(record).Previous?.ToString(), EventSequence = head.EventSequence - 1 }, payload, own, TimeProvider.System.GetUtcNow()).Compact;
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
