using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;
using Ratchet.Agent.Service;
using Ratchet.Agent.Shipping;
using Ratchet.Agent.Systemd;
using Ratchet.Agent.Tests.Fixtures;
using Serilog.Core;

namespace Ratchet.Agent.Tests.Service;

/// <summary>A real small disk that is full, or lets nothing be written, while the agent goes on.</summary>
public sealed class DiskTests : IDisposable
{
    static readonly Speaker Host = Ledgers.Named("web01");

    readonly Folder folder = new();
    readonly Journal journal = new();

    public void Dispose() => folder.Dispose();

    [NeedsRootFact]
    public async Task A_disk_that_is_full_when_records_are_acknowledged_drains_and_sends_nothing_twice()
    {
        var authority = new Authority(folder, "tls");
        await using var receiver = await LoopbackReceiver.StartAsync(authority.Server("localhost"));
        using var http = new LogstashClient(LogstashAddress.Of(receiver.Port, authority, authority.Client("web01")), Logger.None, TimeProvider.System);
        using var disk = new SmallDisk(folder, kilobytes: 256);
        PublicKey key;
        using (var ledger = Open(disk))
        {
            key = ledger.PublicKey;
            ledger.Fill(Host, 11);
            disk.Fill();
            Assert.ThrowsAny<IOException>(() => ledger.Fill(Host, 30));
            await DrainAsync(ledger, http);
            Assert.NotNull(ledger.Trouble);
            Assert.Equal(0, ledger.WaitingCount);
            // The batch with the head is all that is left, until chain.json can be written.
            Assert.Single(ledger.Spool.List());
            await DrainAsync(ledger, http);
            Assert.Equal(receiver.Lines.Distinct(), receiver.Lines);
            disk.Fill();
        }
        using (var ledger = Open(disk))
        {
            Assert.False(ledger.IsNewChain);
            disk.Free();
            ledger.Fill(Host, 3);
            Assert.Null(ledger.Trouble);
            await DrainAsync(ledger, http);
            Assert.Empty(ledger.Spool.List());
        }
        var report = Ledgers.Verify(Ledgers.KeySetOf(key), receiver.Lines);
        Assert.Empty(report.Problems);
    }

    [NeedsRootFact]
    public void A_disk_that_is_full_during_a_rotation_keeps_the_old_key()
    {
        using var disk = new SmallDisk(folder, kilobytes: 128);
        using var ledger = Open(disk);
        var old = ledger.PublicKey;
        disk.Fill();
        Assert.ThrowsAny<IOException>(() => { ledger.RotateKey(); });
        disk.Free();
        ledger.Fill(Host, 2);

        Assert.Equal(old.Id, ledger.PublicKey.Id);
        Assert.Empty(Ledgers.Verify(Ledgers.KeySetOf(old), ledger.Spool.Records()).Problems);
        Assert.Empty(Directory.GetFiles(disk.Path, "*.tmp", SearchOption.AllDirectories));
    }

    /// <summary>Every file that the service writes: batches, chain.json, verdicts.json, status.json.</summary>
    [NeedsRootFact]
    public async Task Sweeps_go_on_and_say_so_on_a_disk_that_is_full_then_read_only_then_well_again()
    {
        using var disk = new SmallDisk(folder, kilobytes: 512);
        using var ledger = Open(disk);
        var sweeps = 0;
        using var service = NewService(disk, ledger, () => Interlocked.Increment(ref sweeps));
        using var stop = new CancellationTokenSource();
        var running = service.RunAsync(stop.Token);
        await SweptAsync(2);
        disk.Fill();
        await SweptAsync(3);
        Assert.Contains(journal.Lines, line => line.Contains("could not be written to the spool", StringComparison.Ordinal));
        disk.Free();
        await SweptAsync(3);
        disk.Remount("ro");
        await SweptAsync(3);
        Assert.Contains("Read-only", ledger.Trouble, StringComparison.Ordinal);
        disk.Remount("rw");
        await SweptAsync(3);
        Assert.Null(ledger.Trouble);
        Directory.Delete(Path.Combine(disk.Path, "state/spool"), recursive: true);
        await SweptAsync(3);
        await stop.CancelAsync();
        await running;

        // Numbers are neither skipped nor repeated: those that are here follow one another.
        var numbers = ledger.Spool.Records().ConvertAll(record => Ledgers.ClaimsOf(record).Sequence);
        Assert.Equal(Enumerable.Range(0, numbers.Count).Select(i => numbers[0] + i), numbers);
        Assert.Equal(ledger.Head.Sequence, numbers[^1]);

        Task SweptAsync(int more)
        {
            var before = sweeps;
            return Wait.UntilAsync(() => sweeps >= before + more, "sweeps");
        }
    }

    [NeedsRootFact]
    public void A_state_on_a_read_only_disk_is_opened_and_held_and_not_called_in_use()
    {
        using var disk = new SmallDisk(folder, kilobytes: 256);
        using (Open(disk)) { }
        disk.Remount("ro");
        using var ledger = Open(disk);

        Assert.Null(Ledger.TryLock(Path.Combine(disk.Path, "state")));
        Assert.Contains("Read-only", Assert.ThrowsAny<IOException>(() => ledger.Fill(Host, 1)).Message, StringComparison.Ordinal);
    }

    [NeedsRootFact]
    public void A_first_start_on_a_full_disk_says_what_is_wrong_and_the_next_one_is_still_the_first()
    {
        using var disk = new SmallDisk(folder, kilobytes: 64);
        disk.Fill();
        Assert.Contains("No space left", Assert.ThrowsAny<IOException>(() => Open(disk)).Message, StringComparison.Ordinal);
        disk.Free();
        using var ledger = Open(disk);

        Assert.Equal("first-start", (string?)Ledgers.PayloadOf(ledger.Spool.Records()[0])["ratchet"]!["chain"]!["reason"]);
    }

    /// <summary>A year back, a year forward: the service neither falls silent nor runs hot.</summary>
    [Fact]
    public async Task A_clock_that_jumps_a_year_neither_stops_the_sweeps_nor_makes_them_spin()
    {
        var clock = new HandClock();
        using var ledger = Ledger.Open(folder["state"], Host, clock);
        var sweeps = 0;
        var rule = SmallCheck.NewRule("test.state");
        var check = new SmallCheck((_, _) => Task.FromResult<IReadOnlyList<Finding>>([Finding.Pass(rule, "state", $"{Interlocked.Increment(ref sweeps)}")]), rule);
        var settings = new Settings { State = folder["state"], Interval = TimeSpan.FromMinutes(5) };
        using var service = new AgentService(settings, () => settings, _ => [check], new Machine("/", Command.RunAsync, clock), ledger, Host, new Notifier(null, null), Logger.None);
        using var stop = new CancellationTokenSource();
        var running = service.RunAsync(stop.Token);
        await Wait.UntilAsync(() => sweeps == 1, "the first sweep");
        foreach (var years in (int[])[1, -2, 1])
        {
            var before = sweeps;
            clock.Now = clock.Now.AddYears(years);
            await Wait.UntilAsync(() => sweeps > before, $"a sweep after {years} years");
            await Task.Delay(3000);
            Assert.Equal(before + 1, sweeps);
        }
        await stop.CancelAsync();
        await running;

        var sequences = ledger.Spool.Records().ConvertAll(record => Ledgers.ClaimsOf(record).EventSequence);
        Assert.Equal(sequences.Distinct().Order(), sequences);
    }

    static Ledger Open(SmallDisk disk) => Ledger.Open(Path.Combine(disk.Path, "state"), Host, TimeProvider.System);

    static async Task DrainAsync(Ledger ledger, LogstashClient http) => await new Shipper(ledger, http, new FastClock(), Logger.None).DrainAsync(CancellationToken.None);

    AgentService NewService(SmallDisk disk, Ledger ledger, Func<int> swept)
    {
        var rule = SmallCheck.NewRule("test.state");
        // The verdict changes each time, so that verdicts.json is written each time.
        var check = new SmallCheck((_, _) => Task.FromResult<IReadOnlyList<Finding>>([swept() % 2 == 0 ? Finding.Pass(rule, "state", "good") : Finding.Fail(rule, "state", "bad")]), rule);
        var settings = new Settings { State = Path.Combine(disk.Path, "state"), Interval = TimeSpan.FromSeconds(1) };
        return new AgentService(settings, () => settings, _ => [check], new Machine("/", Command.RunAsync), ledger, Host, new Notifier(null, null), journal.Logger);
    }
}
