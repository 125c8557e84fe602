namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>Real time, but whoever waits is woken early.</summary>
sealed class FastClock(int factor = 100) : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : dueTime / factor, period);
}
