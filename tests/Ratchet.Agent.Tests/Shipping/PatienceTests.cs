using Ratchet.Agent.Shipping;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Shipping;

/// <summary>How long the agent waits for whom, on a clock that the test moves.</summary>
public sealed class PatienceTests
{
    readonly VirtualClock clock = new();

    [Fact]
    public Task A_host_that_is_not_let_in_tries_again_within_a_minute_and_does_not_run_hot() => Task.Run(() =>
    {
        var patience = new Patience(clock, addresses: 1);
        for (var i = 0; i < 100; i++)
        {
            var waiting = patience.WaitForMendingAsync(CancellationToken.None);
            clock.Advance(TimeSpan.FromSeconds(29));
            Assert.False(waiting.IsCompleted);
            clock.Advance(TimeSpan.FromSeconds(31));
            Assert.True(waiting.IsCompleted);
        }
    });

    [Fact]
    public Task A_receiver_that_only_fails_is_left_alone_for_half_a_minute() => Task.Run(() =>
    {
        var attempts = 0;
        var patience = new Patience(clock, addresses: 1, new Hasty());
        _ = patience.InsistAsync(_ => Fail(() => attempts++), CancellationToken.None);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(5, attempts);
        clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(5, attempts);
        clock.Advance(TimeSpan.FromSeconds(30));
        Assert.True(attempts > 5, "it was never tried again");
    });

    [Fact]
    public Task The_waits_grow_to_ten_minutes_at_most_and_no_two_are_alike() => Task.Run(() =>
    {
        var times = new List<TimeSpan>();
        var patience = new Patience(clock, addresses: 1, new Random(1), TimeSpan.FromHours(24));
        _ = patience.InsistAsync(_ => Fail(() => times.Add(clock.Elapsed)), CancellationToken.None);
        clock.Advance(TimeSpan.FromHours(23));
        var waits = times.Zip(times.Skip(1), (one, next) => next - one).ToList();
        Assert.Equal(waits.Distinct(), waits);
        // The circuit breaker's rest may come on top.
        Assert.InRange(waits.Max(), TimeSpan.FromMinutes(9), Patience.Ceiling + TimeSpan.FromSeconds(30));
        Assert.True(waits[0] < TimeSpan.FromSeconds(2) && waits.Average(wait => wait.TotalMinutes) > 4, string.Join(", ", waits));
    });

    static Task<Response> Fail(Action attempted)
    {
        attempted();
        return Task.FromResult(new Response(Answer.Later, "503"));
    }

    /// <summary>Draws the shortest waits.</summary>
    sealed class Hasty : Random
    {
        public override double NextDouble() => 0.01;
    }
}
