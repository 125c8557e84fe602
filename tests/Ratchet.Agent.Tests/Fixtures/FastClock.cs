using Ratchet.Agent.Shipping;

namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>Real time, but whoever waits is woken early; an attempt, which does real work, has some seconds.</summary>
sealed class FastClock(int factor = 100) : TimeProvider
{
    static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(5);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Timer(System.CreateTimer(callback, state, Soon(dueTime), period), Soon);

    TimeSpan Soon(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? time : time == Patience.AttemptLimit ? AttemptLimit : time / factor;

    /// <summary>Who makes a timer first and sets it later waits no longer either.</summary>
    sealed class Timer(ITimer real, Func<TimeSpan, TimeSpan> soon) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => real.Change(soon(dueTime), period);

        public void Dispose() => real.Dispose();

        public ValueTask DisposeAsync() => real.DisposeAsync();
    }
}
