namespace Ratchet.Agent.Tests.Fixtures;

static class Wait
{
    /// <summary>Waits for something that must happen; the limit is there to end a broken test, not to judge speed.</summary>
    public static async Task UntilAsync(Func<bool> happened, string what, int seconds = 60)
    {
        for (var end = Environment.TickCount64 + seconds * 1000L; !happened(); await Task.Delay(20))
            if (Environment.TickCount64 > end) throw new TimeoutException($"{what}: has not happened within {seconds} s");
    }
}
