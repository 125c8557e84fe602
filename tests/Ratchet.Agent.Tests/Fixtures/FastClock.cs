using Ratchet.Agent.Shipping;

namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>Real time, but whoever waits is woken early; an attempt, which does real work, has some seconds.</summary>
sealed class FastClock(int factor = 100) : TimeProvider
{
    static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(5);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : dueTime == Patience.AttemptLimit ? AttemptLimit : dueTime / factor, period);
}
