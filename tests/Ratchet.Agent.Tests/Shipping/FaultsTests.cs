using Microsoft.AspNetCore.Http;
using Ratchet.Agent.Records;
using Ratchet.Agent.Shipping;
using Ratchet.Agent.Tests.Fixtures;
using Serilog.Core;

namespace Ratchet.Agent.Tests.Shipping;

/// <summary>Receivers that refuse, hang, cut and lie, and spools that are damaged: what arrives must verify, with every loss declared.</summary>
public sealed class FaultsTests : IAsyncLifetime, IDisposable
{
    static readonly Speaker Host = Ledgers.Named("web01");

    readonly Folder folder = new();
    readonly Authority authority;
    readonly Ledger ledger;
    readonly List<PublicKey> keys = [];
    LoopbackReceiver receiver = null!;
    LogstashClient http = null!;

    public FaultsTests()
    {
        authority = new Authority(folder, "tls");
        ledger = Ledger.Open(folder["state"], Host, TimeProvider.System);
        keys.Add(ledger.PublicKey);
        ledger.Fill(Host, 11);
    }

    public async Task InitializeAsync()
    {
        receiver = await LoopbackReceiver.StartAsync(authority.Server("localhost"));
        http = new LogstashClient(LogstashAddress.Of(receiver.Port, authority, authority.Client("web01")), Logger.None, TimeProvider.System);
    }

    public async Task DisposeAsync() => await receiver.DisposeAsync();

    public void Dispose()
    {
        http.Dispose();
        ledger.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(400)]
    [InlineData(413)]
    [InlineData(415)]
    [InlineData(422)]
    public async Task A_refused_record_is_found_set_aside_and_declared_and_all_others_arrive(int status)
    {
        var records = ledger.Spool.Records();
        var offender = records[6];
        receiver.AnswerTo = lines => lines.Contains(offender) ? status : 200;
        await DrainAsync();

        Assert.Equal(records.Where(record => record != offender), receiver.Lines[..^2]);
        Assert.Equal(offender + "\n", File.ReadAllText(Assert.Single(Directory.GetFiles(folder["state/rejected"]))));
        var declared = Ledgers.PayloadOf(receiver.Lines[^2]);
        Assert.Equal("record-rejected", (string?)declared["event"]!["action"]);
        var rejected = declared["ratchet"]!["rejected"]!;
        Assert.Equal((Ledgers.ClaimsOf(offender).EventId, 7L, status), ((string?)rejected["event"]!["id"], (long)rejected["sequence"]!, (int)rejected["status"]!));
        AssertWhole(declared: 1);
    }

    [Fact]
    public async Task Where_everything_is_refused_it_is_not_the_records_and_they_are_kept()
    {
        ledger.Fill(Host, 60);
        receiver.AnswerTo = _ => 400;
        var shipper = new Shipper(ledger, http, new FastClock(1000), Logger.None);
        using var stop = new CancellationTokenSource();
        var draining = shipper.DrainAsync(stop.Token);
        await Wait.UntilAsync(() => shipper.State.Trouble?.Contains("refuses everything", StringComparison.Ordinal) == true, "the suspicion");
        var before = receiver.Requests;
        await Wait.UntilAsync(() => receiver.Requests > before + 40, "more attempts");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => draining);
        Assert.Equal(Refusals.RowLimit, Directory.GetFiles(folder["state/rejected"]).Length);

        receiver.AnswerTo = null;
        await DrainAsync();
        // Those ten were declared, and arrive all the same: their batches were never let go.
        AssertWhole(declared: 0);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task A_host_that_is_not_let_in_keeps_its_records_says_so_and_sends_them_when_it_is(int status)
    {
        receiver.Answer = number => number <= 3 ? status : 200;
        var journal = new Journal();
        var shipper = new Shipper(ledger, http, new FastClock(1000), journal.Logger);
        await shipper.DrainAsync(CancellationToken.None);

        Assert.Contains(journal.Lines, line => line.Contains("this host is not let in", StringComparison.Ordinal));
        Assert.False(Directory.Exists(folder["state/rejected"]));
        AssertWhole(declared: 0);
    }

    [Fact]
    public async Task A_torn_batch_is_set_aside_and_declared_and_blocks_nothing()
    {
        var batches = ledger.Spool.List();
        var path = ledger.Spool.PathOf(batches[2]);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^100]);
        await DrainAsync();

        Assert.Equal([batches[2].FileName + ".torn"], Directory.GetFiles(folder["state/rejected"]).Select(Path.GetFileName));
        AssertWhole(declared: batches[2].Count);
    }

    [Fact]
    public async Task A_torn_batch_that_held_a_key_rotation_is_no_tampering()
    {
        ledger.RotateKey();
        keys.Add(ledger.PublicKey);
        ledger.Fill(Host, 4);
        var rotation = ledger.Spool.List().Single(batch => ledger.Spool.Read(batch) is [var only] && Ledgers.NextKeyOf(only) is not null);
        File.WriteAllText(ledger.Spool.PathOf(rotation), "");
        await DrainAsync();

        AssertWhole(declared: 1);
    }

    [Theory]
    [InlineData("pipe")]
    [InlineData("link")]
    [InlineData("rubbish")]
    public async Task What_stands_in_a_batch_s_place_is_neither_read_nor_waited_for(string what)
    {
        var batch = ledger.Spool.List()[1];
        var path = ledger.Spool.PathOf(batch);
        File.Move(path, folder["elsewhere"]);
        if (what == "pipe") Programs.Run("/usr/bin/mkfifo", path);
        else if (what == "link") File.CreateSymbolicLink(path, folder["elsewhere"]);
        else File.WriteAllText(path, "a b\nc d\ne f\n");
        folder.Write("state/spool/sub-directory/file", "");
        await DrainAsync();

        Assert.All(receiver.Lines, line => Assert.StartsWith("ey", line, StringComparison.Ordinal));
        AssertWhole(declared: batch.Count);
    }

    [Fact]
    public async Task A_removed_spool_directory_is_made_again_and_its_loss_declared_in_one_record()
    {
        Directory.Delete(folder["state/spool"], recursive: true);
        ledger.Fill(Host, 2);
        await DrainAsync();

        Assert.Single(receiver.Lines, line => Ledgers.ClaimsOf(line).Action == "gap");
        AssertWhole(declared: 12);
    }

    [Fact]
    public async Task A_full_spool_gives_up_the_oldest_and_says_which()
    {
        const int quota = 20_000;
        using var small = Ledger.Open(folder["small"], Host, TimeProvider.System, quota);
        for (var i = 0; i < 30; i++) small.Fill(Host, 6);
        Assert.InRange(small.Spool.List().Sum(small.Spool.SizeOf), quota / 2, quota + 10_000);
        await new Shipper(small, http, TimeProvider.System, Logger.None).DrainAsync(CancellationToken.None);

        var gap = Ledgers.PayloadOf(receiver.Lines.First(line => Ledgers.ClaimsOf(line).Action == "gap"));
        Assert.Contains("no room", (string?)gap["ratchet"]!["gap"]!["reason"], StringComparison.Ordinal);
        // Gap records were given up as well: what they had said is said again, and each number is either here or declared.
        var report = Ledgers.Verify(Ledgers.KeySetOf(small.PublicKey), receiver.Lines);
        Assert.Empty(report.Problems);
        Assert.Equal(small.Head.Sequence, Assert.Single(report.Chains).Last);
    }

    [Theory]
    [InlineData("hangs")]
    [InlineData("cuts")]
    [InlineData("never ends")]
    [InlineData("huge header")]
    public async Task A_receiver_that_misbehaves_is_waited_out(string how)
    {
        var records = ledger.Spool.Records();
        receiver.Misbehave = async (context, number) =>
        {
            if (number > 2) return false;
            if (how == "hangs") await Task.Delay(Timeout.Infinite, context.RequestAborted);
            if (how == "cuts") context.Abort();
            if (how == "huge header") context.Response.Headers["X-Huge"] = new string('x', 1 << 20);
            context.Response.StatusCode = how == "never ends" ? 503 : 200;
            for (var i = 0; how == "never ends" && !context.RequestAborted.IsCancellationRequested; i++) await context.Response.WriteAsync(new string('x', 10_000), context.RequestAborted);
            return true;
        };
        // The overall limit, three minutes here, must not be what ends the wait.
        await DrainAsync(10).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(records, receiver.Lines.Distinct());
    }

    [Fact]
    public async Task Retry_After_as_a_date_is_heeded()
    {
        receiver.RetryAfter = DateTimeOffset.UtcNow.AddSeconds(90).ToString("R");
        receiver.Answer = _ => 429;
        var response = await http.SendAsync(Parcel.Compress(ledger.Spool.Records()), CancellationToken.None);

        Assert.InRange(response.RetryAfter!.Value.TotalSeconds, 60, 90);
    }

    [Fact]
    public void Rejected_is_bounded_in_count_and_bytes_and_the_oldest_go()
    {
        var rejected = new Rejected(folder["few"], countLimit: 3, sizeLimit: 1000);
        for (var i = 1; i <= 5; i++) rejected.Keep(new Batch(i, i, i), new byte[10]);
        Assert.Equal([3, 4, 5], Kept());
        rejected.Keep(new Batch(6, 6, 6), new byte[985]);
        Assert.Equal([5, 6], Kept());

        IEnumerable<int> Kept() => Directory.GetFiles(folder["few"]).Order(StringComparer.Ordinal).Select(file => (int)Batch.Parse(Path.GetFileName(file))!.First);
    }

    async Task DrainAsync(int haste = 100)
    {
        var shipper = new Shipper(ledger, http, new FastClock(haste), Logger.None);
        while (!shipper.IsEmpty) await shipper.DrainAsync(CancellationToken.None);
    }

    void AssertWhole(long declared)
    {
        var report = Ledgers.Verify(Ledgers.KeySetOf(keys), receiver.Lines);
        Assert.Empty(report.Problems);
        Assert.Equal((ledger.Head.Sequence, declared), (report.Chains[0].Last, report.Chains[0].Declared));
        Assert.Equal(0, ledger.WaitingCount);
    }
}
