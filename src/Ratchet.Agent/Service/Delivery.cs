using Ratchet.Agent.Configuration;
using Ratchet.Agent.Records;
using Ratchet.Agent.Shipping;
using Serilog;

namespace Ratchet.Agent.Service;

/// <summary>The shipping that runs beside the sweeps, woken by each commit.</summary>
sealed class Delivery : IAsyncDisposable
{
    readonly Shipper shipper;
    readonly LogstashClient client;
    readonly CancellationTokenSource ending = new();
    readonly SemaphoreSlim work = new(1);
    readonly Task loop;
    readonly ILogger journal;

    Delivery(LogstashClient client, Ledger ledger, TimeProvider clock, ILogger journal)
    {
        (this.client, this.journal) = (client, journal);
        shipper = new Shipper(ledger, client, clock, journal);
        ledger.Committed = Wake;
        loop = Task.Run(LoopAsync);
    }

    public ShippingState State => shipper.State;

    /// <returns>Null where no Logstash is configured: records stay in the spool.</returns>
    /// <exception cref="SettingsException">A certificate or key cannot be read.</exception>
    public static Delivery? Start(LogstashSettings? logstash, Ledger ledger, TimeProvider clock, ILogger journal) =>
        logstash is null ? null : new Delivery(new LogstashClient(logstash, journal, clock), ledger, clock, journal);

    /// <summary>Ends, after at most this time for what still waits.</summary>
    public async Task StopAsync(TimeSpan limit)
    {
        Wake();
        ending.CancelAfter(limit);
        if (limit > TimeSpan.Zero) await EmptyAsync();
        await ending.CancelAsync();
        await loop;
        client.Dispose();
        ending.Dispose();
        work.Dispose();
    }

    public ValueTask DisposeAsync() => new(StopAsync(TimeSpan.Zero));

    void Wake()
    {
        try
        {
            if (work.CurrentCount == 0) work.Release();
        }
        catch (ObjectDisposedException)
        {
            // A delivery that a reload has replaced.
        }
    }

    async Task LoopAsync()
    {
        try
        {
            while (true)
            {
                await work.WaitAsync(ending.Token);
                await DrainAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // Told to end.
        }
    }

    async Task DrainAsync()
    {
        try
        {
            await shipper.DrainAsync(ending.Token);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            journal.Error("the spool could not be read: {Reason:l}", e.Message);
            await Task.Delay(TimeSpan.FromSeconds(30), ending.Token);
            Wake();
        }
    }

    async Task EmptyAsync()
    {
        try
        {
            while (!shipper.IsEmpty) await Task.Delay(50, ending.Token);
        }
        catch (OperationCanceledException)
        {
            // The time is over; what is left stays in the spool.
        }
    }
}
