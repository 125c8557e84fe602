using System.Text.Json.Nodes;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;
using Ratchet.Agent.Service;
using Ratchet.Agent.Tests.Fixtures;
using Serilog.Core;

namespace Ratchet.Agent.Tests.Service;

public sealed class SweeperTests : IDisposable
{
    static readonly Speaker Host = Ledgers.Named("web01");
    static readonly Rule State = SmallCheck.NewRule("test.state");

    readonly Folder folder = new();
    readonly HandClock clock = new();
    readonly Ledger ledger;
    readonly Settings settings;

    public SweeperTests()
    {
        folder.Write("root/etc/state", "good");
        // No time has to pass here: AlertsTests has the times.
        settings = new Settings { State = folder["state"], Alerts = new AlertSettings { High = new AlertTimes() } };
        ledger = Ledger.Open(settings.State, Host, TimeProvider.System);
    }

    public void Dispose()
    {
        ledger.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_snapshot_ships_everything_and_a_sweep_only_what_changed()
    {
        var sweeper = NewSweeper(SmallCheck.OfFile(State));
        await sweeper.SweepAsync(isSnapshot: true, default);
        Assert.Equal(["finding passed unchanged", "sweep"], News());
        await sweeper.SweepAsync(isSnapshot: false, default);
        Assert.Equal(["sweep"], News());
        await sweeper.SweepAsync(isSnapshot: true, default);
        Assert.Equal(["finding passed unchanged", "sweep"], News());
        folder.Write("root/etc/state", "bad");
        await sweeper.SweepAsync(isSnapshot: false, default);
        Assert.Equal(["finding failed opened alert", "sweep"], News());
    }

    [Fact]
    public async Task A_file_that_a_check_read_is_followed_and_nothing_else()
    {
        var sweeper = NewSweeper(SmallCheck.OfFile(State));
        await sweeper.SweepAsync(isSnapshot: true, default);
        News();
        Assert.False(await sweeper.FollowFilesAsync(default));
        folder.Write("root/etc/other", "x");
        Assert.False(await sweeper.FollowFilesAsync(default));

        folder.Write("root/etc/state", "bad");
        Assert.True(await sweeper.FollowFilesAsync(default));
        Assert.Equal(["finding failed opened alert"], News());
        Assert.False(await sweeper.FollowFilesAsync(default));

        File.Delete(folder["root/etc/state"]);
        Assert.True(await sweeper.FollowFilesAsync(default));
        Assert.Equal(["finding unknown unchanged"], News());

        folder.Write("root/etc/state", "good");
        Assert.True(await sweeper.FollowFilesAsync(default));
        Assert.Equal(["finding passed resolved alert"], News());
    }

    [Fact]
    public async Task A_digest_that_moves_runs_its_check_again()
    {
        long? digest = 1;
        var check = SmallCheck.OfFile(State);
        check.Digest = () => digest;
        var sweeper = NewSweeper(check);
        await sweeper.SweepAsync(isSnapshot: true, default);
        News();
        Assert.False(await sweeper.FollowDigestsAsync(default));
        digest = 2;
        folder.Write("root/etc/state", "bad");
        Assert.True(await sweeper.FollowDigestsAsync(default));
        Assert.Equal(["finding failed opened alert"], News());
        Assert.False(await sweeper.FollowDigestsAsync(default));
        digest = null;
        Assert.False(await sweeper.FollowDigestsAsync(default));
    }

    [Fact]
    public async Task A_digest_that_throws_stops_nothing()
    {
        var check = SmallCheck.OfFile(State);
        check.Digest = () => throw new FormatException("not to be read");
        var sweeper = NewSweeper(check);
        await sweeper.SweepAsync(isSnapshot: true, default);
        Assert.False(await sweeper.FollowDigestsAsync(default));

        Assert.Equal(["finding passed unchanged", "sweep"], News());
    }

    [NeedsRootFact]
    public async Task A_spool_that_refuses_writes_stops_no_sweep_and_the_change_comes_again()
    {
        using var disk = new SmallDisk(folder, kilobytes: 64);
        using var full = Ledger.Open(Path.Combine(disk.Path, "state"), Host, TimeProvider.System);
        var sweeper = NewSweeper(full, SmallCheck.OfFile(State));
        var filler = Path.Combine(disk.Path, "filler");
        Assert.ThrowsAny<IOException>(() => File.WriteAllBytes(filler, new byte[100_000]));

        await sweeper.SweepAsync(isSnapshot: false, default);
        Assert.Equal(Outcome.Pass, Assert.Single(sweeper.Findings).Outcome);
        Assert.Equal(1, full.Head.Sequence);

        File.Delete(filler);
        await sweeper.SweepAsync(isSnapshot: false, default);
        Assert.Equal(["finding passed unchanged", "sweep"], News(full));
    }

    [Fact]
    public async Task Verdicts_that_cannot_be_saved_stop_no_sweep()
    {
        var sweeper = NewSweeper(SmallCheck.OfFile(State));
        Directory.CreateDirectory(folder["state/verdicts.json.tmp/in-the-way"]);
        await sweeper.SweepAsync(isSnapshot: false, default);
        await sweeper.SweepAsync(isSnapshot: false, default);

        Assert.Equal(["finding passed unchanged", "sweep", "sweep"], News());
    }

    [Fact]
    public async Task A_check_that_breaks_is_unknown_and_the_others_are_judged()
    {
        var broken = new SmallCheck((_, _) => throw new InvalidOperationException("broken"), SmallCheck.NewRule("other.rule"));
        var sweeper = NewSweeper(broken, SmallCheck.OfFile(State));
        await sweeper.SweepAsync(isSnapshot: true, default);

        Assert.Equal(["finding unknown unchanged", "finding passed unchanged", "sweep"], News());
    }

    [Fact]
    public async Task A_check_that_takes_long_delays_no_verdict_of_another()
    {
        using var slow = new SlowCheck(SmallCheck.NewRule("slow.rule"));
        var sweeper = NewSweeper(slow.Check, SmallCheck.OfFile(State));
        await sweeper.SweepAsync(isSnapshot: true, default);
        // The heartbeat speaks of a whole sweep.
        Assert.Equal(["finding passed unchanged"], News());
        Assert.True(sweeper.IsSweeping);

        folder.Write("root/etc/state", "bad");
        Assert.True(await sweeper.FollowFilesAsync(default));
        Assert.Equal(["finding failed opened alert"], News());

        slow.Release();
        await sweeper.CompleteAsync();
        Assert.Equal(["finding passed unchanged", "sweep"], News());
        Assert.False(sweeper.IsSweeping);
        Assert.Equal(1, slow.Runs);
    }

    [Fact]
    public async Task A_look_in_between_that_takes_long_becomes_a_part_of_the_next_sweep()
    {
        using var slow = new SlowCheck(SmallCheck.NewRule("slow.rule"));
        slow.Release();
        var sweeper = NewSweeper(slow.Check, SmallCheck.OfFile(State));
        await sweeper.SweepAsync(isSnapshot: true, default);
        News();

        slow.Hold();
        slow.Check.Digest = () => 1;
        Assert.True(await sweeper.FollowDigestsAsync(default));
        Assert.False(await sweeper.FollowDigestsAsync(default));
        await sweeper.SweepAsync(isSnapshot: true, default);
        Assert.Equal(["finding passed unchanged"], News());

        slow.Release();
        await sweeper.CompleteAsync();
        Assert.Equal(["finding passed unchanged", "sweep"], News());
        Assert.Equal(2, slow.Runs);
    }

    [Fact]
    public async Task A_digest_that_hangs_delays_no_other_check()
    {
        using var hang = new ManualResetEventSlim();
        var (hanging, digest) = (SmallCheck.OfFile(SmallCheck.NewRule("other.rule")), 1L);
        var check = SmallCheck.OfFile(State);
        check.Digest = () => digest;
        var sweeper = NewSweeper(hanging, check);
        await sweeper.SweepAsync(isSnapshot: true, default);
        News();
        hanging.Digest = () => { hang.Wait(); return null; };
        digest = 2;
        folder.Write("root/etc/state", "bad");

        Assert.True(await sweeper.FollowDigestsAsync(default));
        Assert.Equal(["finding failed opened alert"], News());
        hang.Set();
    }

    /// <summary>A check that looks as long as the test holds it, and heeds no time limit.</summary>
    sealed class SlowCheck : IDisposable
    {
        readonly ManualResetEventSlim release = new();

        public SlowCheck(Rule rule) => Check = new SmallCheck((_, _) =>
        {
            Runs++;
            release.Wait(CancellationToken.None);
            return Task.FromResult<IReadOnlyList<Finding>>([Finding.Pass(rule, "s", "good")]);
        }, rule);

        public SmallCheck Check { get; }

        public int Runs { get; private set; }

        public void Release() => release.Set();

        public void Hold() => release.Reset();

        public void Dispose() => release.Set();
    }

    Sweeper NewSweeper(params ICheck[] checks) => NewSweeper(ledger, checks);

    Sweeper NewSweeper(Ledger kept, params ICheck[] checks)
    {
        var machine = new Machine(folder["root"], (_, _, _) => throw new CommandException("none"), clock);
        return new Sweeper(settings, checks, machine, kept, Host, new Verdicts(settings.State, clock.Now), new Maintenance(settings.State, machine, Host, Logger.None), Logger.None);
    }

    /// <summary>What the records since the last call say; record 1 of the chain is left out.</summary>
    List<string> News() => News(ledger);

    static List<string> News(Ledger ledger)
    {
        var payloads = ledger.Spool.Records().Select(Ledgers.PayloadOf).ToList();
        ledger.Acknowledge(ledger.Spool.List());
        return [.. payloads.Where(payload => (string?)payload["event"]!["action"] != "start").Select(Describe)];
    }

    static string Describe(JsonObject payload)
    {
        var action = (string)payload["event"]!["action"]!;
        var alert = (string?)payload["event"]!["kind"] == "alert" ? " alert" : "";
        return action == "finding" ? $"{action} {payload["result"]!["evaluation"]} {payload["ratchet"]!["transition"]}{alert}" : action;
    }
}
