using Ratchet.Agent.Checks;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Service;

/// <summary>A check or a digest that takes long, or never answers: the others do not wait for it.</summary>
public sealed class SlowCheckTests : SweeperScene
{
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
}
