namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>A clock that the test sets. Timers run on the real clock.</summary>
sealed class HandClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}
