using System.Security.Cryptography;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Ratchet.Agent.Shipping;

/// <summary>
/// How long to wait for whom. One attempt has a limit, and so has the whole of them; between two rounds over all addresses lies an
/// exponential back-off with full jitter (a random part of it, from nothing to all), on top of what Retry-After asks; a circuit
/// breaker rests a receiver that only fails.
/// </summary>
/// <remarks>
/// A fleet comes back from an outage spread over the longest back-off, because each host waits at a random place in it. A host whose
/// backlog is more than one request pauses between them in the same way. Half of <see cref="Ceiling"/> is the interval of the
/// sweeps: those who return after a long outage add at most as many requests as the fleet sends every day.
/// </remarks>
sealed class Patience(TimeProvider clock, int addresses, Random? random = null, TimeSpan? overallLimit = null)
{
    /// <summary>Longest back-off.</summary>
    public static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(10);

    /// <summary>For one request, from connecting to the answer's header.</summary>
    public static readonly TimeSpan AttemptLimit = TimeSpan.FromMinutes(1);

    /// <summary>For all attempts at one request; then the spool is looked at anew.</summary>
    static readonly TimeSpan OverallLimit = TimeSpan.FromMinutes(30);

    /// <summary>Longest that a receiver's Retry-After is heeded: a wrong one must not silence the host.</summary>
    static readonly TimeSpan RetryAfterLimit = TimeSpan.FromMinutes(10);

    static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);

    readonly Random random = random ?? new Random(RandomNumberGenerator.GetInt32(int.MaxValue));
    ResiliencePipeline<Response>? pipeline;
    int failures;

    /// <summary>Longest pause within a backlog.</summary>
    TimeSpan spread;

    /// <summary>Sends until there is an answer that is not <see cref="Answer.Later"/>.</summary>
    /// <exception cref="TimeoutRejectedException">There was none within the overall limit.</exception>
    public async Task<Response> InsistAsync(Func<CancellationToken, Task<Response>> send, CancellationToken cancel)
    {
        var response = await (pipeline ??= Build()).ExecuteAsync(async token => await send(token), cancel);
        failures = 0;
        return response;
    }

    /// <summary>Before the next request of a backlog: none on a quiet day, a long one after a long outage.</summary>
    public Task PauseAsync(CancellationToken cancel) => spread > TimeSpan.Zero ? Task.Delay(random.NextDouble() * spread, clock, cancel) : Task.CompletedTask;

    /// <summary>Before another attempt where the receiver answers, but does not take records from this host: less than a minute.</summary>
    public Task WaitForMendingAsync(CancellationToken cancel) => Task.Delay(TimeSpan.FromSeconds(30 + (25 * random.NextDouble())), clock, cancel);

    /// <summary>Nothing is left to send: the outage is over.</summary>
    public void Rest() => spread = TimeSpan.Zero;

    ResiliencePipeline<Response> Build()
    {
        var failed = new PredicateBuilder<Response>().HandleResult(response => response.Answer == Answer.Later).Handle<TimeoutRejectedException>();
        return new ResiliencePipelineBuilder<Response> { TimeProvider = clock }
            .AddTimeout(overallLimit ?? OverallLimit)
            .AddRetry(new RetryStrategyOptions<Response>
            {
                ShouldHandle = failed.Handle<BrokenCircuitException>(),
                MaxRetryAttempts = int.MaxValue,
                // The delay is our own: Polly's exponential one is the same for everybody once it has reached its maximum.
                DelayGenerator = attempt => ValueTask.FromResult<TimeSpan?>(NextDelay(attempt.Outcome.Result)),
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<Response>
            {
                ShouldHandle = new PredicateBuilder<Response>().HandleResult(response => response.Answer == Answer.Later).Handle<TimeoutRejectedException>(),
                FailureRatio = 1,
                MinimumThroughput = 5 * addresses,
                SamplingDuration = TimeSpan.FromMinutes(1),
                BreakDuration = TimeSpan.FromSeconds(30),
            })
            .AddTimeout(AttemptLimit)
            .Build();
    }

    TimeSpan NextDelay(Response? response)
    {
        failures++;
        // The other addresses are tried at once.
        if (failures % addresses != 0) return TimeSpan.Zero;
        var ceiling = Math.Min(Ceiling.Ticks, FirstDelay.Ticks << Math.Min(failures / addresses, 20));
        spread = TimeSpan.FromTicks(Math.Max(spread.Ticks, ceiling));
        var asked = Math.Clamp(response?.RetryAfter?.Ticks ?? 0, 0, RetryAfterLimit.Ticks);
        return TimeSpan.FromTicks(asked + (long)(ceiling * random.NextDouble()));
    }
}
