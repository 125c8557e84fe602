using Ratchet.Agent.Shipping;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Shipping;

/// <summary>A fleet after an outage, in virtual time, with the back-off that runs on the hosts.</summary>
public sealed class HerdTests
{
    const int Hosts = 10_000;

    /// <summary>Time between two requests of a host on a quiet day: the interval of its sweeps.</summary>
    static readonly TimeSpan SteadyInterval = TimeSpan.FromMinutes(5);

    static readonly TimeSpan Outage = TimeSpan.FromHours(1), After = TimeSpan.FromMinutes(60);

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public Task Ten_thousand_hosts_come_back_within_twice_the_steady_rate_and_all_backlogs_drain(int requestsOfBacklog) =>
        // Outside of the test runner's context, so that whatever a timer wakes runs at once and on this thread.
        Task.Run(() => Simulate(requestsOfBacklog));

    static void Simulate(int requestsOfBacklog)
    {
        var clock = new VirtualClock();
        var receiver = new Receiver(clock) { IsUp = true };
        var random = new Random(4711);
        var hosts = Enumerable.Range(0, Hosts).Select(_ => new Host(clock, receiver, random)).ToList();
        var running = hosts.ConvertAll(host => host.RunAsync());

        clock.Advance(TimeSpan.FromMinutes(30));
        var steady = receiver.Taken / clock.Elapsed.TotalSeconds;
        receiver.IsUp = false;
        clock.Advance(Outage);
        foreach (var host in hosts) host.Backlog += requestsOfBacklog;
        var returned = clock.Elapsed;
        receiver.IsUp = true;
        clock.Advance(After);

        // By the ten seconds: a third of a thousand requests each, so that chance is small.
        var rates = receiver.Times.Where(time => time > returned).GroupBy(time => (int)((time - returned).TotalSeconds / 10)).ToDictionary(group => group.Key, group => group.Count() / 10.0);
        Assert.InRange(steady, 30, 37);
        Assert.All(rates.Where(rate => rate.Key >= 6), rate => Assert.True(rate.Value <= 2 * steady, $"{rate.Value:0.0} requests a second {rate.Key * 10} s after the return, steady are {steady:0.0}"));
        Assert.All(hosts, host => Assert.True(host.Backlog <= 1, "a backlog has not drained"));
        Assert.All(running, host => Assert.False(host.IsCompleted));
    }

    sealed class Receiver(VirtualClock clock)
    {
        public bool IsUp { get; set; }

        public List<TimeSpan> Times { get; } = [];

        public int Taken => Times.Count;

        public Task<Response> TakeAsync()
        {
            if (!IsUp) return Task.FromResult(new Response(Answer.Later, "refused"));
            Times.Add(clock.Elapsed);
            return Task.FromResult(new Response(Answer.Accepted, ""));
        }
    }

    /// <summary>Records something at each interval, and ships it as <see cref="Shipper"/> does: one request takes whatever fits.</summary>
    sealed class Host(VirtualClock clock, Receiver receiver, Random random)
    {
        // The overall limit ends a wait by cancelling it, which would wake the host on another thread.
        readonly Patience patience = new(clock, addresses: 1, random, overallLimit: TimeSpan.FromHours(12));
        readonly TimeSpan phase = random.NextDouble() * SteadyInterval;
        bool isNews;

        /// <summary>Requests that wait beside the news.</summary>
        public int Backlog { get; set; }

        public async Task RunAsync()
        {
            TaskCompletionSource wake = new();
            using var sweeps = clock.CreateTimer(_ =>
            {
                isNews = true;
                wake.TrySetResult();
            }, null, phase, SteadyInterval);
            while (true)
            {
                await wake.Task;
                wake = new TaskCompletionSource();
                while (isNews || Backlog > 0)
                {
                    await patience.InsistAsync(_ => receiver.TakeAsync(), CancellationToken.None);
                    if (Backlog > 0) Backlog--;
                    else isNews = false;
                    if (Backlog > 0) await patience.PauseAsync(CancellationToken.None);
                }
                patience.Rest();
            }
        }
    }
}
