using Ratchet.Agent.Records;
using Ratchet.Agent.Shipping;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Records;

/// <summary>The state directory over restarts, crashes and full disks: the disk as each leaves it, opened again.</summary>
public sealed class LedgerTests : StateDirectory
{
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
}
