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

    /// <summary>The configuration or the kernel has another name at the next start: records wait, or all are delivered.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_renamed_host_begins_a_new_chain_under_its_key_and_names_the_one_before(bool isDelivered)
    {
        string before, chain;
        List<string> records;
        using (var ledger = Open())
        {
            ledger.Fill(Host, 4);
            (before, records) = (ledger.Head.Id, ledger.Spool.Records());
            if (isDelivered) ledger.Acknowledge(ledger.Spool.List());
        }
        using (var renamed = OpenRenamed())
        {
            renamed.Fill(Renamed, 2);
            chain = renamed.Head.Id;
            var first = Ledgers.PayloadOf(renamed.Spool.Records().First(record => Ledgers.ClaimsOf(record).Chain == chain));
            Assert.Equal("web02", (string?)first["host"]!["name"]);
            Assert.Equal(("renamed", before), ((string?)first["ratchet"]!["chain"]!["reason"], (string?)first["ratchet"]!["chain"]!["follows"]));
            Assert.Single(keys.Select(key => key.Id).Distinct());
            AssertGood([.. records, .. renamed.Spool.Records()], chains: 2);
        }
        using var again = OpenRenamed();
        Assert.Equal((false, chain), (again.IsNewChain, again.Head.Id));
    }

    [Fact]
    public void A_chain_json_that_does_not_say_the_name_is_taken_as_it_is()
    {
        using (var ledger = Open())
        {
            ledger.Fill(Host, 4);
            ledger.Acknowledge(ledger.Spool.List());
        }
        var file = folder["state/chain.json"];
        File.WriteAllText(file, File.ReadAllText(file).Replace(",\"Name\":\"web01\"", "", StringComparison.Ordinal));
        Assert.DoesNotContain("Name", File.ReadAllText(file), StringComparison.Ordinal);

        using var again = OpenRenamed();
        Assert.False(again.IsNewChain);
    }

    [Fact]
    public void A_renaming_that_is_cut_short_is_still_a_renaming()
    {
        string before;
        using (var ledger = Open())
        {
            ledger.Fill(Host, 4);
            before = ledger.Head.Id;
            ledger.Acknowledge(ledger.Spool.List());
        }
        byte[] begun;
        using (OpenRenamed()) begun = File.ReadAllBytes(folder["state/chain.json"]);
        Directory.Delete(folder["state/spool"], recursive: true);
        File.WriteAllBytes(folder["state/chain.json"], begun);
        using var again = OpenRenamed();

        var first = Ledgers.PayloadOf(Assert.Single(again.Spool.Records()))["ratchet"]!["chain"]!;
        Assert.Equal(("renamed", before), ((string?)first["reason"], (string?)first["follows"]));
    }

    [Fact]
    public void What_a_renamed_host_gives_up_of_its_earlier_chain_is_no_tampering()
    {
        using (var ledger = Open()) ledger.Fill(Host, 6);
        using var renamed = OpenRenamed();
        renamed.Lose([renamed.Spool.List()[1]], "damaged in the spool");
        AssertGood(renamed.Spool.Records(), chains: 2);
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

    static readonly Speaker Renamed = Host with { Name = "web02" };

    Ledger OpenRenamed()
    {
        var ledger = Ledger.Open(folder["state"], Renamed, clock);
        keys.Add(ledger.PublicKey);
        return ledger;
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
