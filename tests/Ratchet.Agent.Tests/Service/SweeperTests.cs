using Ratchet.Agent.Checks;
using Ratchet.Agent.Records;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Service;

public sealed class SweeperTests : SweeperScene
{
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
    public async Task What_comes_and_goes_in_a_directory_matters_to_who_lists_it_alone()
    {
        var asks = new SmallCheck((machine, _) => Task.FromResult<IReadOnlyList<Finding>>([Finding.Pass(State, "state", machine.Status("/etc")!.OctalMode)]), State);
        var lists = new SmallCheck((machine, _) => Task.FromResult<IReadOnlyList<Finding>>([Finding.Pass(State, "state", string.Join(' ', machine.List("/etc")!))]), State);
        foreach (var (check, follows) in new[] { (asks, false), (lists, true) })
        {
            var sweeper = NewSweeper(check);
            await sweeper.SweepAsync(isSnapshot: true, default);
            folder.Write($"root/etc/{follows}", "");
            Assert.Equal(follows, await sweeper.FollowFilesAsync(default));
            File.SetUnixFileMode(folder["root/etc"], (UnixFileMode)(follows ? 0b111_000_000 : 0b111_101_000));
            Assert.True(await sweeper.FollowFilesAsync(default));
        }
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
    public async Task A_memory_that_could_not_be_saved_once_is_saved_by_the_next_sweep()
    {
        var sweeper = NewSweeper(SmallCheck.OfFile(State));
        Directory.CreateDirectory(folder["state/verdicts.json.tmp/in-the-way"]);
        await sweeper.SweepAsync(isSnapshot: false, default);
        Directory.Delete(folder["state/verdicts.json.tmp"], recursive: true);
        await sweeper.SweepAsync(isSnapshot: false, default);

        Assert.Contains("test.state", await File.ReadAllTextAsync(folder["state/verdicts.json"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("long", "long")]
    public async Task Of_two_findings_on_one_subject_records_counts_and_findings_have_the_worse(string good, string bad)
    {
        // Names are cut at 512 characters.
        var (first, second) = good == "long" ? (new string('x', 600), new string('x', 601)) : (good, bad);
        var check = new SmallCheck((_, _) => Task.FromResult<IReadOnlyList<Finding>>([Finding.Pass(State, first, "good"), Finding.Fail(State, second, "bad")]), State);
        var sweeper = NewSweeper(check);
        await sweeper.SweepAsync(isSnapshot: true, default);

        Assert.Equal("bad", Assert.Single(sweeper.Findings).Message);
        var payloads = ledger.Spool.Records().ConvertAll(Ledgers.PayloadOf);
        Assert.Equal("failed", (string?)Assert.Single(payloads, payload => (string?)payload["event"]!["action"] == "finding")["result"]!["evaluation"]);
        var counts = Assert.Single(payloads, payload => (string?)payload["event"]!["action"] == "sweep")["ratchet"]!["sweep"]!["counts"]!;
        Assert.Equal((0, 1), ((int)counts["passed"]!, (int)counts["failed"]!));
    }

    [Fact]
    public async Task The_alert_of_a_rule_that_the_next_version_has_not_is_resolved_by_its_first_sweep_and_forgotten()
    {
        var (outcome, removed) = (Outcome.Pass, SmallCheck.NewRule("other.rule"));
        var other = new SmallCheck((_, _) => Task.FromResult<IReadOnlyList<Finding>>([new Finding(removed, outcome, "a", "it is so", [])]), removed);
        var sweeper = NewSweeper(SmallCheck.OfFile(State), other);
        await sweeper.SweepAsync(isSnapshot: false, default);
        outcome = Outcome.Fail;
        await sweeper.SweepAsync(isSnapshot: false, default);
        Assert.Equal("finding failed opened alert", News()[^2]);

        sweeper = NewSweeper(SmallCheck.OfFile(State));
        await sweeper.SweepAsync(isSnapshot: false, default);
        Assert.Equal(["finding not_applicable resolved alert", "sweep"], News());
        Assert.DoesNotContain("\"rule\":\"other.rule\"", await File.ReadAllTextAsync(folder["state/verdicts.json"]), StringComparison.Ordinal);
        await sweeper.SweepAsync(isSnapshot: true, default);
        Assert.Equal(["finding passed unchanged", "sweep"], News());
    }

    [Fact]
    public async Task A_check_that_breaks_is_unknown_and_the_others_are_judged()
    {
        var broken = new SmallCheck((_, _) => throw new InvalidOperationException("broken"), SmallCheck.NewRule("other.rule"));
        var sweeper = NewSweeper(broken, SmallCheck.OfFile(State));
        await sweeper.SweepAsync(isSnapshot: true, default);

        Assert.Equal(["finding unknown unchanged", "finding passed unchanged", "sweep"], News());
    }
}
