using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Checks.Ubuntu;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Checks.Ubuntu;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Time;

/// <summary>How far the clock is believed: kept, not kept, nobody to ask, and what is remembered of it.</summary>
public sealed class HostClockTests
{
    static readonly ClockState Kept = new(Keeping.Kept, "chrony.service", TimeSpan.FromMilliseconds(20), "chrony keeps the clock"),
        NotKept = new(Keeping.Not, "chrony.service", null, "chrony runs and is not synchronised"), Silent = new(Keeping.Unknown, "ntpsec.service", null, "the kernel could not be asked");

    readonly TickingClock clock = new();
    ClockState state = Kept;

    readonly HostClock host;

    public HostClockTests() => host = new HostClock((_, _) => Task.FromResult(state));

    Task<TrueTime> AskAsync() => host.AskAsync(new Machine("/", Command.RunAsync, clock), CancellationToken.None);

    static bool? Passed(TrueTime time, TimeSpan ago) => time.HasPassed((time.Now - ago).UtcDateTime);

    [Fact]
    public async Task A_clock_that_is_kept_is_believed_but_for_its_error()
    {
        var time = await AskAsync();
        Assert.True(Passed(time, TimeSpan.FromSeconds(1)));
        Assert.False(Passed(time, -TimeSpan.FromSeconds(1)));
        Assert.Null(Passed(time, TimeSpan.FromMilliseconds(10)));
        Assert.Contains("wrong by 0.02 s", time.Doubt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_is_not_kept_may_be_wrong_by_a_year_and_no_more()
    {
        state = NotKept;
        var time = await AskAsync();
        Assert.Null(Passed(time, TimeSpan.FromDays(300)));
        Assert.Null(Passed(time, -TimeSpan.FromDays(300)));
        Assert.True(Passed(time, TimeSpan.FromDays(400)));
        Assert.False(Passed(time, -TimeSpan.FromDays(400)));
        Assert.Contains("not synchronised (chrony runs and is not synchronised)", time.Doubt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nobody_can_be_asked_the_verdict_stands_and_says_so()
    {
        state = Silent;
        var time = await AskAsync();
        Assert.True(Passed(time, TimeSpan.FromSeconds(1)));
        Assert.False(Passed(time, -TimeSpan.FromSeconds(1)));
        Assert.Contains("is not known (the kernel could not be asked)", time.Note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_daemon_that_starts_anew_takes_nothing_away_from_a_clock_that_was_right()
    {
        await AskAsync();
        state = NotKept;
        clock.Pass(TimeSpan.FromHours(10));
        var time = await AskAsync();
        // 10 hours of 500 parts in a million are 18 s.
        Assert.InRange(time.Latest - time.Now, TimeSpan.FromSeconds(18), TimeSpan.FromSeconds(20));
        state = Silent;
        Assert.Empty((await AskAsync()).Note);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(-60)]
    public async Task A_clock_that_was_set_since_is_not_believed(int seconds)
    {
        await AskAsync();
        state = NotKept;
        clock.Pass(TimeSpan.FromHours(1));
        clock.Set(TimeSpan.FromSeconds(seconds));
        Assert.Null(Passed(await AskAsync(), TimeSpan.FromDays(300)));
    }

    [Fact]
    public async Task A_clock_that_shows_a_day_before_this_program_was_made_is_wrong()
    {
        foreach (var said in new[] { NotKept, Silent })
        {
            state = said;
            clock.Set(DateTimeOffset.UnixEpoch.AddDays(1) - clock.GetUtcNow());
            var time = await AskAsync();
            // A certificate of 2026 is not one that is yet to come.
            Assert.Null(time.HasPassed(new DateTime(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc)));
            Assert.True(time.HasPassed(new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc)));
            Assert.Contains("it shows 1970-01-02", time.Doubt, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Dates_at_the_ends_of_time_are_no_trouble()
    {
        state = NotKept;
        clock.Set(DateTimeOffset.MaxValue.AddDays(-1) - clock.GetUtcNow());
        Assert.True((await AskAsync()).HasPassed(DateTime.MinValue, TimeSpan.FromDays(14)));
        clock.Set(DateTimeOffset.MinValue.AddDays(1) - clock.GetUtcNow());
        Assert.Null((await AskAsync()).HasPassed(DateTime.MaxValue, TimeSpan.FromDays(14)));
    }

    [Fact]
    public async Task The_clock_is_looked_at_once_a_sweep_for_all_who_judge_dates()
    {
        using var ubuntu = new UbuntuHost();
        ubuntu.Service("chrony.service");
        var asked = 0;
        var machine = new Machine(ubuntu.Root, (_, _, _) => Task.FromResult(new CommandResult(Interlocked.Increment(ref asked) - 1, "", "chronyc is restarting")), new HandClock { Now = UbuntuHost.Now }).ForSweep();
        var time = await new HostClock().AskAsync(machine, CancellationToken.None);
        var findings = await new UbuntuCheck(new Settings()).RunAsync(machine, CancellationToken.None);
        Assert.Equal(1, asked);
        Assert.Contains("an answer of another form", time.Note, StringComparison.Ordinal);
        Assert.Equal(Outcome.Unknown, findings.Single(finding => finding.Rule == UbuntuRules.ClockSynchronised).Outcome);
    }

    /// <summary>Its ticks go with it, but where somebody sets it.</summary>
    sealed class TickingClock : TimeProvider
    {
        DateTimeOffset now = UbuntuHost.Now;
        TimeSpan ticks = TimeSpan.FromHours(3);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => now;

        public override long GetTimestamp() => ticks.Ticks;

        public void Pass(TimeSpan time) => (now, ticks) = (now + time, ticks + time);

        public void Set(TimeSpan by) => now += by;
    }
}
