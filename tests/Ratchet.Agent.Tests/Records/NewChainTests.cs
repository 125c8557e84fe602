using Ratchet.Agent.Records;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Records;

/// <summary>State that is lost, damaged or copied: a new chain begins, and its first record says why.</summary>
public sealed class NewChainTests : StateDirectory
{
    [Fact]
    public void Without_chain_json_and_spool_a_new_chain_says_that_the_state_was_lost()
    {
        using (var ledger = Open()) ledger.Fill(Host, 4);
        File.Delete(folder["state/chain.json"]);
        Directory.Delete(folder["state/spool"], recursive: true);
        using var again = Open();

        Assert.True(again.IsNewChain);
        Assert.Equal("state-lost", Reason(Assert.Single(again.Spool.Records())));
        AssertGood(again.Spool.Records());
    }

    [Fact]
    public void Without_its_key_a_new_chain_names_the_one_that_it_follows()
    {
        List<string> sent;
        using (var ledger = Open())
        {
            ledger.Fill(Host, 4);
            sent = ledger.Spool.Records();
        }
        File.Delete(folder["state/key.pem"]);
        using var again = Open();

        var first = Ledgers.PayloadOf(again.Spool.Records()[^1])["ratchet"]!["chain"]!;
        Assert.Equal(("key-lost", 1L), ((string?)first["reason"], (long)first["sequence"]!));
        Assert.Equal(Ledgers.ClaimsOf(sent[0]).Chain, (string?)first["follows"]);
        AssertGood(again.Spool.Records(), chains: 2);
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("{\"Id\":")]
    [InlineData("[]")]
    public void A_damaged_chain_json_begins_a_new_chain_and_repeats_no_number(string content)
    {
        using (var ledger = Open()) ledger.Fill(Host, 4);
        folder.Write("state/chain.json", content);
        using var again = Open();

        Assert.Equal("state-lost", Reason(again.Spool.Records()[^1]));
        AssertGood(again.Spool.Records(), chains: 2);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(-2)]
    public void A_torn_newest_batch_begins_a_new_chain_once(int kept)
    {
        using (var ledger = Open()) ledger.Fill(Host, 6);
        var torn = Directory.GetFiles(folder["state/spool"]).Order(StringComparer.Ordinal).Last();
        var whole = File.ReadAllBytes(torn);
        File.WriteAllBytes(torn, whole[..(kept < 0 ? whole.Length + kept : kept)]);
        // Also where the clock went back, so that the torn batch stays the newest by its name.
        clock.Now = clock.Now.AddYears(-1);
        string chain;
        using (var again = Open())
        {
            Assert.True(again.IsNewChain);
            again.Fill(Host, 1);
            chain = again.Head.Id;
        }
        using var third = Open();

        Assert.Equal((false, chain), (third.IsNewChain, third.Head.Id));
        File.Delete(torn);
        var records = third.Spool.Records();
        Assert.Equal(records.Count, records.Select(record => Ledgers.ClaimsOf(record).EventSequence).Distinct().Count());
    }

    /// <summary>An image of a disk that starts on a second machine: the two must not speak with one key.</summary>
    [Fact]
    public void A_cloned_image_makes_its_own_key_and_chain_and_says_whom_it_follows()
    {
        using (var ledger = Open()) ledger.Fill(Host, 4);
        folder.Copy("state", "clone");
        var copy = Host with { Id = "another-machine" };
        using var original = Open();
        original.Fill(Host, 2);
        string chain;
        using (var clone = Ledger.Open(folder["clone"], copy, clock))
        {
            keys.Add(clone.PublicKey);
            clone.Fill(copy, 2);
            chain = clone.Head.Id;

            Assert.True(clone.IsNewChain);
            Assert.NotEqual(original.PublicKey.Id, clone.PublicKey.Id);
            var first = Ledgers.PayloadOf(clone.Spool.Records().First(record => Ledgers.ClaimsOf(record).Chain == chain))["ratchet"]!["chain"]!;
            Assert.Equal(("cloned", original.Head.Id), ((string?)first["reason"], (string?)first["follows"]));
            // The receiver gets both, and finds two whole chains.
            AssertGood([.. original.Spool.Records(), .. clone.Spool.Records()], chains: 2);
            Assert.Equal(clone.PublicKey.Id, Ledger.ReadKey(folder["clone"], copy)!.Id);
        }
        using var again = Ledger.Open(folder["clone"], copy, clock);
        Assert.Equal((false, chain), (again.IsNewChain, again.Head.Id));
    }

    [Fact]
    public void A_clone_that_is_cut_short_before_its_key_stands_never_signs_with_the_copied_one()
    {
        using (var ledger = Open()) ledger.Fill(Host, 4);
        var copied = File.ReadAllBytes(folder["state/key.pem"]);
        var copy = Host with { Id = "another-machine" };
        Assert.Null(Ledger.ReadKey(folder["state"], copy));
        PublicKey own;
        using (var clone = Ledger.Open(folder["state"], copy, clock)) own = clone.PublicKey;
        // As it was before the rename: the successor beside the copied key, its head saved, no record yet.
        File.Move(folder["state/key.pem"], folder["state/key.next.pem"]);
        File.WriteAllBytes(folder["state/key.pem"], copied);
        var newest = Directory.GetFiles(folder["state/spool"]).Order(StringComparer.Ordinal).Last();
        File.Delete(newest);
        using var again = Ledger.Open(folder["state"], copy, clock);

        Assert.Equal(own.Id, again.PublicKey.Id);
        Assert.Equal("cloned", Reason(again.Spool.Records()[^1]));
    }

    [Fact]
    public void A_clone_that_keeps_the_machine_id_is_found_out_by_its_fork()
    {
        using (var ledger = Open()) ledger.Fill(Host, 4);
        folder.Copy("state", "clone");
        using var original = Open();
        original.Fill(Host, 2);
        using var clone = Ledger.Open(folder["clone"], Host, clock);
        clone.Fill(Host, 2);

        var report = Ledgers.Verify(Ledgers.KeySetOf(keys), [.. original.Spool.Records(), .. clone.Spool.Records()]);
        Assert.Contains(report.Problems, problem => problem.Kind == ProblemKind.Forked);
    }

    /// <summary>First start, cut short at each of its steps: head saved, key saved, record written.</summary>
    [Theory]
    [InlineData("chain.json")]
    [InlineData("chain.json key.pem")]
    [InlineData("key.pem")]
    public void A_first_start_that_was_cut_short_is_still_a_first_start(string kept)
    {
        using (Open()) { }
        using (var unused = SigningKey.Create()) folder.Write("state/chain.json", $$"""{"Id":"begun","Sequence":0,"EventSequence":0,"KeyId":"{{keys[0].Id}}","Reason":"first-start"}""");
        Directory.Delete(folder["state/spool"], recursive: true);
        foreach (var file in (string[])["chain.json", "key.pem"])
            if (!kept.Contains(file, StringComparison.Ordinal)) File.Delete(folder["state/" + file]);
        using var again = Open();

        // A key alone cannot come from a first start: its head is saved before it.
        Assert.Equal(kept == "key.pem" ? "state-lost" : "first-start", Reason(Assert.Single(again.Spool.Records())));
        AssertGood(again.Spool.Records());
    }
}
