using Ratchet.Agent.Records;
using Ratchet.Agent.Shipping;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Records;

/// <summary>The state directory over restarts, losses and crashes: the disk as each crash leaves it, opened again.</summary>
public sealed class LedgerTests : IDisposable
{
    static readonly Speaker Host = Ledgers.Named("web01");

    readonly Folder folder = new();
    readonly HandClock clock = new();
    readonly List<PublicKey> keys = [];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Records_are_numbered_and_linked_from_one()
    {
        using var ledger = Open();
        ledger.Fill(Host, 9);

        var records = ledger.Spool.Records();
        var claims = records.ConvertAll(Ledgers.ClaimsOf);
        Assert.Equal(Enumerable.Range(1, 10).Select(number => (long)number), claims.Select(claim => claim.Sequence));
        Assert.Equal([null, .. records[..^1].Select(Jws.Hash)], claims.Select(claim => claim.Previous?.ToString()));
        Assert.Single(claims.Select(claim => claim.Chain).Distinct());
        Assert.Equal(10, claims.Select(claim => claim.EventId).Distinct().Count());
        Assert.Equal("first-start", Reason(records[0]));
    }

    [Fact]
    public void Event_sequence_rises_also_when_the_clock_jumps_back_a_year()
    {
        using (var ledger = Open()) ledger.Fill(Host, 3);
        clock.Now = clock.Now.AddYears(-1);
        using var later = Open();
        later.Fill(Host, 3);
        clock.Now = clock.Now.AddYears(5);
        later.Fill(Host, 1);

        var sequences = later.Spool.Records().ConvertAll(record => Ledgers.ClaimsOf(record).EventSequence);
        Assert.Equal(sequences.Distinct().Order(), sequences);
        Assert.Equal(clock.Now.ToUnixTimeMilliseconds() * 1000, sequences[^1]);
        AssertGood(later.Spool.Records());
    }

    [Fact]
    public void A_restart_continues_the_chain()
    {
        using (var ledger = Open()) ledger.Fill(Host, 2);
        using var again = Open();
        again.Fill(Host, 2);

        Assert.False(again.IsNewChain);
        Assert.Equal(5, again.Head.Sequence);
        AssertGood(again.Spool.Records());
    }

    [Fact]
    public void A_restart_continues_after_everything_was_acknowledged()
    {
        List<string> sent;
        using (var ledger = Open())
        {
            ledger.Fill(Host, 4);
            sent = ledger.Spool.Records();
            ledger.Acknowledge(ledger.Spool.List());
            Assert.Empty(ledger.Spool.List());
        }
        using var again = Open();
        again.Fill(Host, 2);

        Assert.False(again.IsNewChain);
        AssertGood([.. sent, .. again.Spool.Records()]);
    }

    [Fact]
    public void Without_chain_json_the_spool_says_where_the_chain_stands()
    {
        using (var ledger = Open()) ledger.Fill(Host, 4);
        File.Delete(folder["state/chain.json"]);
        using var again = Open();
        again.Fill(Host, 1);

        Assert.False(again.IsNewChain);
        AssertGood(again.Spool.Records());
    }

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

    [Fact]
    public void A_rotated_key_is_named_by_the_old_one_and_signs_what_follows()
    {
        using var ledger = Open();
        ledger.Fill(Host, 2);
        var old = ledger.PublicKey;
        var next = ledger.RotateKey();
        ledger.Fill(Host, 2);
        keys.AddRange([old, ledger.PublicKey]);

        var records = ledger.Spool.Records();
        Assert.Equal([old.Id, old.Id, old.Id, old.Id, next, next], records.Select(record => Jws.Parse(record, out _)!.KeyId));
        Assert.Equal(ledger.PublicKey, Ledgers.NextKeyOf(records[3]));
        AssertGood(records);
        Assert.False(File.Exists(folder["state/key.next.pem"]));
    }

    [Fact]
    public void A_crash_after_the_next_key_was_saved_leaves_it_prepared()
    {
        using (var ledger = Open()) ledger.Fill(Host, 2);
        using var next = SigningKey.Create();
        next.Save(folder["state/key.next.pem"]);
        using var again = Open();
        again.Fill(Host, 1);

        Assert.False(again.IsNewChain);
        Assert.Equal(keys[0].Id, again.PublicKey.Id);
        AssertGood(again.Spool.Records());
        Assert.Equal(next.Id, again.RotateKey());
    }

    [Fact]
    public void A_prepared_key_signs_nothing_before_the_rotation_and_everything_after()
    {
        string prepared;
        using (var ledger = Open())
        {
            prepared = ledger.PrepareKey();
            Assert.Equal(prepared, ledger.PrepareKey());
            ledger.Fill(Host, 1);
        }
        using var again = Open();
        using (var shown = Ledger.ReadNextKey(folder["state"])) Assert.Equal(prepared, shown?.Id);
        again.Fill(Host, 1);
        Assert.DoesNotContain(prepared, again.Spool.Records().Select(record => Jws.Parse(record, out _)!.KeyId));

        Assert.Equal(prepared, again.RotateKey());
        again.Fill(Host, 1);
        keys.Add(again.PublicKey);
        Assert.Equal(prepared, Jws.Parse(again.Spool.Records()[^1], out _)!.KeyId);
        Assert.Null(Ledger.ReadNextKey(folder["state"]));
        Assert.NotEqual(prepared, again.PrepareKey());
        AssertGood(again.Spool.Records());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_crash_after_the_rotation_was_recorded_completes_it(bool isAcknowledged)
    {
        byte[] oldKey, newKey;
        List<string> sent;
        using (var ledger = Open())
        {
            ledger.Fill(Host, 2);
            oldKey = File.ReadAllBytes(folder["state/key.pem"]);
            ledger.RotateKey();
            newKey = File.ReadAllBytes(folder["state/key.pem"]);
            sent = ledger.Spool.Records();
            if (isAcknowledged) ledger.Acknowledge(ledger.Spool.List());
            keys.Add(ledger.PublicKey);
        }
        // The disk before the rename.
        File.WriteAllBytes(folder["state/key.pem"], oldKey);
        File.WriteAllBytes(folder["state/key.next.pem"], newKey);
        using var again = Open();
        again.Fill(Host, 1);

        Assert.False(again.IsNewChain);
        Assert.Equal(newKey, File.ReadAllBytes(folder["state/key.pem"]));
        Assert.False(File.Exists(folder["state/key.next.pem"]));
        AssertGood([.. sent, .. again.Spool.Records()]);
    }

    [Fact]
    public void A_crash_before_the_rename_of_a_batch_uses_up_no_number()
    {
        using (var ledger = Open()) ledger.Fill(Host, 2);
        folder.Write("state/spool/0001800000000000000-4-6.records.tmp", "half a rec");
        folder.Write("state/chain.json.tmp", "{");
        folder.Write("state/key.pem.tmp", "---");
        using var again = Open();
        again.Fill(Host, 1);

        Assert.Empty(Directory.GetFiles(folder["state"], "*.tmp", SearchOption.AllDirectories));
        Assert.Equal(4, again.Head.Sequence);
        AssertGood(again.Spool.Records());
    }

    [Fact]
    public void A_crash_between_head_and_deletion_sends_again_and_repeats_no_number()
    {
        using (var ledger = Open())
        {
            ledger.Fill(Host, 5);
            folder.Copy("state/spool", "before");
            ledger.Acknowledge(ledger.Spool.List());
        }
        folder.Copy("before", "state/spool");
        using var again = Open();
        again.Fill(Host, 1);

        Assert.Equal(7, again.Head.Sequence);
        AssertGood(again.Spool.Records());
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

    [Fact]
    public void A_write_that_fails_throws_through_the_audit_logger_and_uses_up_no_number()
    {
        using var ledger = Open();
        using var logger = RecordSink.NewLogger(ledger);
        var before = ledger.Head;
        // The spool's directory gives way to a file.
        Directory.Move(folder["state/spool"], folder["aside"]);
        folder.Write("state/spool", "");

        var thrown = Assert.Throws<AggregateException>(() => RecordSink.Write(logger, [Payload.Stop(Host, clock.Now)], clock.Now));
        Assert.IsAssignableFrom<IOException>(thrown.InnerException);
        Assert.ThrowsAny<IOException>(() => { ledger.RotateKey(); });
        Assert.Equal(before, ledger.Head);

        File.Delete(folder["state/spool"]);
        Directory.Move(folder["aside"], folder["state/spool"]);
        RecordSink.Write(logger, [Payload.Stop(Host, clock.Now)], clock.Now);
        Assert.Equal(2, ledger.Head.Sequence);
        AssertGood(ledger.Spool.Records());
    }

    [NeedsRootFact]
    public void A_full_disk_throws_and_the_chain_goes_on_when_there_is_room_again()
    {
        using var disk = new SmallDisk(folder, kilobytes: 64);
        var state = Path.Combine(disk.Path, "state");
        using var ledger = Ledger.Open(state, Host, clock);
        keys.Add(ledger.PublicKey);
        var sent = new List<string>();
        Assert.ThrowsAny<IOException>(() =>
        {
            for (var i = 0; i < 1000; i++) ledger.Fill(Host, 3);
        });
        sent.AddRange(ledger.Spool.Records());
        Assert.Equal(ledger.Head.Sequence, sent.Count);

        foreach (var batch in ledger.Spool.List()) ledger.Spool.Delete(batch);
        ledger.Fill(Host, 3);
        AssertGood([.. sent, .. ledger.Spool.Records()]);
    }

    [Fact]
    public void One_process_holds_the_state_at_a_time()
    {
        using var ledger = Open();

        var refused = Assert.Throws<IOException>(() => Ledger.Open(folder["state"], Host, clock));
        Assert.Contains("in use", refused.Message, StringComparison.Ordinal);
        Assert.Null(Ledger.TryLock(folder["state"]));
    }

    [Fact]
    public void Only_the_owner_may_read_key_state_and_records()
    {
        using var ledger = Open();
        ledger.Fill(Host, 1);
        ledger.Acknowledge([]);

        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(owner, File.GetUnixFileMode(folder["state/key.pem"]));
        Assert.Equal(owner, File.GetUnixFileMode(folder["state/chain.json"]));
        Assert.All(Directory.GetFiles(folder["state/spool"]), file => Assert.Equal(owner, File.GetUnixFileMode(file)));
        Assert.Equal(owner | UnixFileMode.UserExecute, File.GetUnixFileMode(folder["state"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")]
    public void A_key_that_cannot_be_read_stops_the_start_with_its_file(string content)
    {
        using (Open()) { }
        folder.Write("state/key.pem", content);

        Assert.Contains("key.pem", Assert.Throws<InvalidDataException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_too_long_goes_without_its_evidence()
    {
        using var ledger = Open();
        var payload = Payload.Stop(Host, clock.Now);
        payload["result"] = new System.Text.Json.Nodes.JsonObject { ["evidence"] = new string('x', Jws.LengthLimit) };
        ledger.Append([payload]);

        Assert.Contains("larger than", (string)Ledgers.PayloadOf(ledger.Spool.Records()[1])["result"]!["evidence"]!["omitted"]!, StringComparison.Ordinal);
        AssertGood(ledger.Spool.Records());
    }

    Ledger Open()
    {
        var ledger = Ledger.Open(folder["state"], Host, clock);
        keys.Add(ledger.PublicKey);
        return ledger;
    }

    void AssertGood(IEnumerable<string> records, int chains = 1)
    {
        var report = Ledgers.Verify(Ledgers.KeySetOf(keys), records);
        Assert.Empty(report.Problems);
        Assert.Equal(chains, report.Chains.Count);
    }

    static string? Reason(string record) => (string?)Ledgers.PayloadOf(record)["ratchet"]!["chain"]!["reason"];
}
