namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>Time that passes only when the test says so; timers fire in their order, on the thread of the test.</summary>
sealed class VirtualClock : TimeProvider
{
    static readonly DateTimeOffset Start = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    readonly PriorityQueue<(Timer Timer, long Version), (long Due, long Number)> queue = new();
    long now, number;

    public TimeSpan Elapsed => TimeSpan.FromTicks(now);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => now;

    public override DateTimeOffset GetUtcNow() => Start.AddTicks(now);

    public void Advance(TimeSpan time)
    {
        var end = now + time.Ticks;
        while (queue.TryPeek(out var next, out var key) && key.Due <= end)
        {
            queue.Dequeue();
            if (next.Timer.Version != next.Version) continue;
            now = key.Due;
            next.Timer.Fire();
        }
        now = end;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    sealed class Timer(VirtualClock clock, TimerCallback callback, object? state) : ITimer
    {
        TimeSpan period;

        /// <summary>Moves on with each change, so that what was queued before it does not fire.</summary>
        public long Version { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            this.period = period;
            Version++;
            if (dueTime != Timeout.InfiniteTimeSpan) clock.queue.Enqueue((this, Version), (clock.now + dueTime.Ticks, clock.number++));
            return true;
        }

        public void Fire()
        {
            if (period > TimeSpan.Zero && period != Timeout.InfiniteTimeSpan) Change(period, period);
            callback(state);
        }

        public void Dispose() => Version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
