using Polly.Timeout;
using Ratchet.Agent.Records;
using Serilog;
using Serilog.Events;

namespace Ratchet.Agent.Shipping;

/// <summary>Where shipping stands, for <c>status</c>.</summary>
/// <param name="Acknowledged">When the receiver last took records.</param>
/// <param name="Trouble">Why the last attempt failed; null while all is well.</param>
sealed record ShippingState(DateTimeOffset? Acknowledged, string? Trouble);

/// <summary>
/// Sends the spool oldest first and deletes what was acknowledged. A batch that is not acknowledged stays, but for records that
/// the receiver refuses each alone (<see cref="Refusals"/>); at-least-once becomes exactly-once at the receiver, by <c>event.id</c>.
/// </summary>
sealed class Shipper(Ledger ledger, LogstashClient client, TimeProvider clock, ILogger journal)
{
    /// <summary>How often a trouble that lasts is told again.</summary>
    static readonly TimeSpan ReminderInterval = TimeSpan.FromMinutes(10);

    readonly Patience patience = new(clock, client.Addresses);
    Refusals? refusals;
    DateTimeOffset lastTold;

    /// <summary>Order of the newest batch that waited when the last trouble ended.</summary>
    long backlogEnd;

    public bool IsEmpty => ledger.WaitingCount == 0;

    public ShippingState State { get; private set; } = new(null, null);

    /// <summary>Sends until the spool is empty, or <paramref name="cancel"/> asks to stop: what is left then stays.</summary>
    public async Task DrainAsync(CancellationToken cancel)
    {
        client.TakeTurns();
        for (var isDrained = false; !isDrained;) isDrained = await TryDrainAsync(cancel);
        patience.Rest();
    }

    /// <returns>False where the time for one request was over: the oldest batches may be others by now.</returns>
    async Task<bool> TryDrainAsync(CancellationToken cancel)
    {
        var stuck = new HashSet<Batch>();
        using Parcel one = new(), other = new();
        var (parcel, next) = (one, other);
        stuck.UnionWith(parcel.Fill(ledger, order: 0, stuck));
        while (parcel.Batches.Count > 0)
        {
            // While one travels, the next is packed.
            var (last, unpacked) = (parcel.Batches[^1].Order, new HashSet<Batch>(stuck));
            var packing = Task.Run(() => next.Fill(ledger, last, unpacked), CancellationToken.None);
            try
            {
                await DeliverAsync(parcel, stuck, cancel);
            }
            catch (TimeoutRejectedException)
            {
                return false;
            }
            finally
            {
                stuck.UnionWith(await packing);
            }
            (parcel, next) = (next, parcel);
            // What was recorded since the outage is what every host sends every day, and an alert may be among it.
            if (parcel.Batches is [var first, ..] && first.Order <= backlogEnd) await patience.PauseAsync(cancel);
        }
        return true;
    }

    async Task DeliverAsync(Parcel parcel, HashSet<Batch> stuck, CancellationToken cancel)
    {
        var response = await SendAsync(parcel.Body, cancel);
        if (response.Answer == Answer.Accepted)
        {
            refusals?.Clear();
            ledger.Acknowledge(parcel.Batches);
            return;
        }
        refusals ??= new Refusals(ledger, SendAsync, patience, Tell);
        var settled = await refusals.SettleAsync(parcel.Batches, response, cancel);
        ledger.Acknowledge(settled);
        stuck.UnionWith(parcel.Batches.Except(settled));
    }

    /// <returns>The answer: accepted or refused. Anything else is waited out.</returns>
    async Task<Response> SendAsync(ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        while (true)
        {
            var response = await patience.InsistAsync(token => AttemptAsync(body, token, cancel), cancel);
            if (response.Answer is Answer.Accepted or Answer.Refused) return response;
            await patience.WaitForMendingAsync(cancel);
        }
    }

    async Task<Response> AttemptAsync(ReadOnlyMemory<byte> body, CancellationToken attempt, CancellationToken cancel)
    {
        try
        {
            var response = await client.SendAsync(body, attempt);
            if (response.Answer == Answer.Accepted) Settle(response);
            else if (response.Answer != Answer.Refused) Tell(Describe(response), response.Answer == Answer.Later ? LogEventLevel.Warning : LogEventLevel.Error);
            return response;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            Tell($"no answer within {Patience.AttemptLimit.TotalSeconds} s", LogEventLevel.Warning);
            throw;
        }
    }

    static string Describe(Response response) => response.Answer switch
    {
        Answer.Unauthorised => $"{response.Detail}: this host is not let in; the records are kept. Check the client certificate",
        Answer.Misdirected => $"{response.Detail}: that is no answer of our receiver; the records are kept. Check logstash.urls",
        _ => response.Detail,
    };

    void Settle(Response response)
    {
        if (State.Trouble is not null)
        {
            journal.Information("records are taken again: {Detail:l}", response.Detail);
            backlogEnd = ledger.Waiting(0) is [.., var newest] ? newest.Order : 0;
        }
        State = new ShippingState(clock.GetUtcNow(), null);
    }

    void Tell(string trouble, LogEventLevel level)
    {
        var now = clock.GetUtcNow();
        if (trouble != State.Trouble || (now - lastTold).Duration() >= ReminderInterval)
        {
            journal.Write(level, "records are not taken: {Trouble:l}", trouble);
            lastTold = now;
        }
        State = State with { Trouble = trouble };
    }
}
