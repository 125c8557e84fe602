using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Ratchet.Agent.Records;
using Serilog;

namespace Ratchet.Agent.Shipping;

/// <summary>Where shipping stands, for <c>status</c>.</summary>
/// <param name="Acknowledged">When the receiver last took records.</param>
/// <param name="Trouble">Why the last attempt failed; null while all is well.</param>
sealed record ShippingState(DateTimeOffset? Acknowledged, string? Trouble);

/// <summary>
/// Sends the spool oldest first and deletes what was acknowledged. A batch that is not acknowledged stays, whatever the
/// answer; at-least-once response becomes exactly-once at the receiver, by <c>event.id</c>.
/// </summary>
sealed class Shipper(Ledger ledger, LogstashClient client, TimeProvider clock, ILogger journal)
{
    /// <summary>Most records of one request.</summary>
    const int RequestLimit = 1000;

    /// <summary>Longest that a receiver's Retry-After is heeded: a wrong one must not silence the host.</summary>
    static readonly TimeSpan RetryAfterLimit = TimeSpan.FromMinutes(10);

    readonly ResiliencePipeline<Response> patience = Patience(clock);

    public bool IsEmpty => ledger.Spool.List().Count == 0;

    public ShippingState State { get; private set; } = new(null, null);

    /// <summary>Sends until the spool is empty, or <paramref name="cancel"/> asks to stop: what is left then stays.</summary>
    public async Task DrainAsync(CancellationToken cancel)
    {
        while (NextRequest() is { Batches.Count: > 0 } request)
        {
            var response = await patience.ExecuteAsync(async token => Note(await client.SendAsync(request.Records, token)), cancel);
            if (response.Answer == Answer.Accepted) ledger.Acknowledge(request.Batches);
            else await Task.Delay(TimeSpan.FromMinutes(1), clock, cancel);
        }
    }

    (IReadOnlyList<Batch> Batches, IReadOnlyList<string> Records) NextRequest()
    {
        var (batches, records) = (new List<Batch>(), new List<string>());
        foreach (var batch in ledger.Spool.List())
        {
            if (batches.Count > 0 && records.Count + batch.Count > RequestLimit) break;
            records.AddRange(ledger.Spool.Read(batch));
            batches.Add(batch);
        }
        return (batches, records);
    }

    Response Note(Response response)
    {
        if (response.Answer == Answer.Accepted)
        {
            if (State.Trouble is not null) journal.Information("records are taken again: {Detail:l}", response.Detail);
            State = new ShippingState(clock.GetUtcNow(), null);
            return response;
        }
        var trouble = response.Answer switch
        {
            Answer.Unauthorised => $"{response.Detail}: this host is not let in; the records are kept. Check the client certificate",
            Answer.Refused => $"{response.Detail}: the records are refused; they are kept",
            _ => response.Detail,
        };
        if (trouble != State.Trouble) journal.Warning("records are not taken: {Trouble:l}", trouble);
        State = State with { Trouble = trouble };
        return response;
    }

    static ResiliencePipeline<Response> Patience(TimeProvider clock) => new ResiliencePipelineBuilder<Response> { TimeProvider = clock }
        .AddRetry(new RetryStrategyOptions<Response>
        {
            ShouldHandle = new PredicateBuilder<Response>().HandleResult(response => response.Answer == Answer.Later).Handle<BrokenCircuitException>(),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromSeconds(1),
            MaxDelay = TimeSpan.FromMinutes(2),
            DelayGenerator = attempt => ValueTask.FromResult(attempt.Outcome.Result?.RetryAfter is { } asked ? TimeSpan.FromTicks(Math.Min(asked.Ticks, RetryAfterLimit.Ticks)) : (TimeSpan?)null),
        })
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions<Response>
        {
            ShouldHandle = new PredicateBuilder<Response>().HandleResult(response => response.Answer == Answer.Later),
            FailureRatio = 1,
            MinimumThroughput = 10,
            SamplingDuration = TimeSpan.FromMinutes(5),
            BreakDuration = TimeSpan.FromSeconds(30),
        })
        .Build();
}
