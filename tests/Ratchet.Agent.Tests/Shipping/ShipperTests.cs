using Ratchet.Agent.Configuration;
using Ratchet.Agent.Records;
using Ratchet.Agent.Shipping;
using Ratchet.Agent.Tests.Fixtures;
using Serilog.Core;

namespace Ratchet.Agent.Tests.Shipping;

/// <summary>What the agent makes of each answer, and of none. The clock runs a hundred times as fast where it waits.</summary>
public sealed class ShipperTests : IDisposable
{
    static readonly Speaker Host = Ledgers.Named("web01");

    readonly Folder folder = new();
    readonly Authority authority;
    readonly (string, string) client;
    readonly Ledger ledger;

    public ShipperTests()
    {
        authority = new Authority(folder, "tls");
        client = authority.Client("web01");
        ledger = Ledger.Open(folder["state"], Host, TimeProvider.System);
        ledger.Fill(Host, 8);
    }

    public void Dispose()
    {
        ledger.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Records_travel_as_gzip_under_a_type_that_Logstash_does_not_decode()
    {
        await using var receiver = await LoopbackReceiver.StartAsync(authority.Server("localhost"));
        var records = ledger.Spool.Records();
        using var http = NewClient(receiver);

        Assert.Equal(Answer.Accepted, (await http.SendAsync(Parcel.Compress(records), CancellationToken.None)).Answer);
        Assert.Equal(("application/vnd.ratchet.records", "gzip"), receiver.Form);
        Assert.Equal(records, receiver.Lines);
    }

    [Theory]
    [InlineData(401, Answer.Unauthorised)]
    [InlineData(403, Answer.Unauthorised)]
    [InlineData(408, Answer.Later)]
    [InlineData(429, Answer.Later)]
    [InlineData(500, Answer.Later)]
    [InlineData(503, Answer.Later)]
    [InlineData(404, Answer.Misdirected)]
    [InlineData(302, Answer.Misdirected)]
    internal async Task Every_answer_but_success_keeps_the_records_and_says_why(int status, Answer expected)
    {
        await using var receiver = await LoopbackReceiver.StartAsync(authority.Server("localhost"));
        receiver.Answer = _ => status;
        var before = ledger.Spool.Records();
        using var http = NewClient(receiver);
        Assert.Equal(expected, (await http.SendAsync(Parcel.Compress(before), CancellationToken.None)).Answer);

        var shipper = new Shipper(ledger, http, TimeProvider.System, Logger.None);
        using var stop = new CancellationTokenSource();
        var draining = shipper.DrainAsync(stop.Token);
        await Wait.UntilAsync(() => shipper.State.Trouble is not null, "the trouble");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => draining);

        Assert.Contains($"HTTP {status}", shipper.State.Trouble, StringComparison.Ordinal);
        Assert.Null(shipper.State.Acknowledged);
        Assert.Equal(before, ledger.Spool.Records());
    }

    [Fact]
    public async Task After_failures_everything_arrives_once_and_in_order()
    {
        await using var receiver = await LoopbackReceiver.StartAsync(authority.Server("localhost"));
        receiver.Answer = number => number switch { 1 => 500, 2 => 429, 3 => 408, 4 => 401, 5 => 400, _ => 200 };
        var records = ledger.Spool.Records();
        using var http = NewClient(receiver);
        var shipper = new Shipper(ledger, http, new FastClock(), Logger.None);
        await shipper.DrainAsync(CancellationToken.None);

        Assert.Equal(records, receiver.Lines);
        Assert.True(shipper.IsEmpty);
        Assert.Null(shipper.State.Trouble);
        Assert.NotNull(shipper.State.Acknowledged);
    }

    [Fact]
    public async Task A_receiver_that_is_down_gets_the_records_when_it_is_up()
    {
        int port;
        await using (var probe = await LoopbackReceiver.StartAsync(authority.Server("localhost"))) port = probe.Port;
        var records = ledger.Spool.Records();
        using var http = new LogstashClient(LogstashAddress.Of(port, authority, client), Logger.None, TimeProvider.System);
        var shipper = new Shipper(ledger, http, new FastClock(), Logger.None);
        var draining = shipper.DrainAsync(CancellationToken.None);
        await Wait.UntilAsync(() => shipper.State.Trouble is not null, "the trouble");

        await using var receiver = await LoopbackReceiver.StartAsync(authority.Server("localhost"), port);
        await draining;

        Assert.Equal(records, receiver.Lines);
        Assert.Empty(ledger.Spool.List());
    }

    [Fact]
    public async Task A_second_address_is_tried_when_the_first_does_not_answer()
    {
        int dead;
        await using (var probe = await LoopbackReceiver.StartAsync(authority.Server("localhost"))) dead = probe.Port;
        await using var receiver = await LoopbackReceiver.StartAsync(authority.Server("localhost"));
        var settings = LogstashAddress.Of(receiver.Port, authority, client);
        using var http = new LogstashClient(settings with { Urls = [$"https://localhost:{dead}/", .. settings.Urls] }, Logger.None, TimeProvider.System);
        await new Shipper(ledger, http, new FastClock(), Logger.None).DrainAsync(CancellationToken.None);

        Assert.Equal(9, receiver.Lines.Length);
    }

    [Fact]
    public async Task A_receiver_cannot_silence_the_agent_with_Retry_After()
    {
        await using var receiver = await LoopbackReceiver.StartAsync(authority.Server("localhost"));
        receiver.RetryAfter = "999999999";
        receiver.Answer = number => number < 3 ? 429 : 200;
        using var http = NewClient(receiver);
        // Two waits of at most ten minutes, a thousand times as fast.
        await new Shipper(ledger, http, new FastClock(1000), Logger.None).DrainAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(9, receiver.Lines.Length);
    }

    [Fact]
    public async Task A_backlog_travels_in_requests_of_a_bounded_size()
    {
        await using var receiver = await LoopbackReceiver.StartAsync(authority.Server("localhost"));
        for (var i = 0; i < 6; i++) ledger.Append([.. Enumerable.Range(0, 500).Select(_ => Payload.Stop(Host, DateTimeOffset.UnixEpoch))]);
        var records = ledger.Spool.Records();
        var largest = 0;
        receiver.AnswerTo = lines =>
        {
            largest = Math.Max(largest, lines.Sum(line => line.Length + 1));
            return 200;
        };
        using var http = NewClient(receiver);
        await new Shipper(ledger, http, TimeProvider.System, Logger.None).DrainAsync(CancellationToken.None);

        Assert.Equal(records, receiver.Lines);
        Assert.InRange(largest, 1 << 20, 2 << 20);
    }

    [Fact]
    public async Task After_an_outage_a_backlog_waits_between_its_requests_and_what_is_recorded_later_does_not()
    {
        await using var receiver = await LoopbackReceiver.StartAsync(authority.Server("localhost"));
        for (var i = 0; i < 6; i++) ledger.Append([.. Enumerable.Range(0, 500).Select(_ => Payload.Stop(Host, DateTimeOffset.UnixEpoch))]);
        receiver.Answer = number => number <= 3 ? 503 : 200;
        var waits = new List<TimeSpan>();
        var clock = new WatchedClock(wait =>
        {
            if (receiver.Requests <= 3) return;
            waits.Add(wait);
            if (waits.Count == 1) ledger.Fill(Host, 3);
        });
        using var http = NewClient(receiver);
        await new Shipper(ledger, http, clock, Logger.None).DrainAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal((6, 3012), (receiver.Requests, receiver.Lines.Length));
        // Three failures: the last back-off was at most this long.
        Assert.InRange(Assert.Single(waits), TimeSpan.Zero, TimeSpan.FromSeconds(8));
    }

    [Theory]
    [InlineData("$.logstash.certificateAuthority")]
    [InlineData("$.logstash.certificate")]
    public void A_certificate_that_cannot_be_read_is_named_with_its_place(string place)
    {
        var good = LogstashAddress.Of(1, authority, client);
        foreach (var path in (string[])[folder["missing.pem"], folder.Write("empty.pem", ""), folder.Write("rubbish.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")])
        {
            var bad = place.EndsWith('e') ? good with { Certificate = path } : good with { CertificateAuthority = path };
            var refused = Assert.Throws<SettingsException>(() => new LogstashClient(bad, Logger.None, TimeProvider.System));
            Assert.StartsWith($"{path}: {place}: ", refused.Message, StringComparison.Ordinal);
        }
    }

    LogstashClient NewClient(LoopbackReceiver receiver) => new(LogstashAddress.Of(receiver.Port, authority, client), Logger.None, TimeProvider.System);

    /// <summary>A fast clock that tells of each wait; limits, which are set on a timer that is there already, are none.</summary>
    sealed class WatchedClock(Action<TimeSpan> waited) : TimeProvider
    {
        readonly FastClock fast = new();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != Timeout.InfiniteTimeSpan) waited(dueTime);
            return fast.CreateTimer(callback, state, dueTime, period);
        }
    }
}
