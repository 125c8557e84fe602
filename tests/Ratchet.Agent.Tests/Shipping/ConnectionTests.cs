using System.Net;
using System.Net.Sockets;
using Ratchet.Agent.Records;
using Ratchet.Agent.Shipping;
using Ratchet.Agent.Tests.Fixtures;
using Serilog.Core;

namespace Ratchet.Agent.Tests.Shipping;

/// <summary>Names, addresses and certificates that change while the agent runs.</summary>
public sealed class ConnectionTests : IDisposable
{
    readonly Folder folder = new();
    readonly Authority authority;
    readonly (string Certificate, string Key) client;
    readonly ReadOnlyMemory<byte> body = Parcel.Compress(["record"]);

    public ConnectionTests()
    {
        authority = new Authority(folder, "tls");
        client = authority.Client("web01");
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task All_addresses_of_a_name_are_tried_also_behind_one_that_does_not_answer()
    {
        await using var receiver = await LoopbackReceiver.StartAsync(authority.Server("logstash.test"));
        // A test network (RFC 5737), one where nobody listens, and IPv6 where nobody listens either.
        using var http = NewClient(receiver.Port, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("192.0.2.1"), IPAddress.Parse("127.0.0.2"), IPAddress.IPv6Loopback, IPAddress.Loopback]));

        Assert.Equal(Answer.Accepted, (await http.SendAsync(body, CancellationToken.None)).Answer);
    }

    [NeedsIPv6Fact]
    public async Task A_name_that_leads_to_IPv6_is_reached_there()
    {
        await using var receiver = await LoopbackReceiver.StartAsync(authority.Server("logstash.test"), address: IPAddress.IPv6Loopback);
        using var http = NewClient(receiver.Port, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("127.0.0.2"), IPAddress.IPv6Loopback]));

        Assert.Equal(Answer.Accepted, (await http.SendAsync(body, CancellationToken.None)).Answer);
    }

    [Fact]
    public async Task A_name_that_cannot_be_looked_up_is_tried_again_and_one_that_moves_is_followed()
    {
        var first = await LoopbackReceiver.StartAsync(authority.Server("logstash.test"));
        Func<IPAddress[]> names = () => throw new SocketException((int)SocketError.TryAgain);
        using var http = NewClient(first.Port, (_, _) => Task.FromResult(names()));
        Assert.Equal(Answer.Later, (await http.SendAsync(body, CancellationToken.None)).Answer);
        names = () => [];
        Assert.Equal(Answer.Later, (await http.SendAsync(body, CancellationToken.None)).Answer);
        names = () => [IPAddress.Loopback];
        Assert.Equal(Answer.Accepted, (await http.SendAsync(body, CancellationToken.None)).Answer);

        var port = first.Port;
        await first.DisposeAsync();
        await using var second = await LoopbackReceiver.StartAsync(authority.Server("logstash.test"), port, IPAddress.Parse("127.0.0.3"));
        names = () => [IPAddress.Parse("127.0.0.3")];
        // One attempt finds the old connection dead.
        for (var i = 0; i < 5 && second.Requests == 0; i++) await http.SendAsync(body, CancellationToken.None);
        Assert.Equal(1, second.Requests);
    }

    [Fact]
    public async Task Several_addresses_get_their_share_and_a_dead_one_costs_no_wait()
    {
        await using var one = await LoopbackReceiver.StartAsync(authority.Server("localhost"));
        await using var two = await LoopbackReceiver.StartAsync(authority.Server("localhost"));
        int dead;
        await using (var probe = await LoopbackReceiver.StartAsync(authority.Server("localhost"))) dead = probe.Port;
        var host = Ledgers.Named("web01");
        using var ledger = Ledger.Open(folder["state"], host, TimeProvider.System);
        var settings = LogstashAddress.Of(one.Port, authority, client);
        using var http = new LogstashClient(settings with { Urls = [.. settings.Urls, $"https://localhost:{dead}/", $"https://localhost:{two.Port}/"] }, Logger.None, TimeProvider.System);
        // The clock never wakes who waits: a back-off would end this test by its limit.
        var shipper = new Shipper(ledger, http, new VirtualClock(), Logger.None);
        for (var i = 0; i < 12; i++)
        {
            ledger.Fill(host, 1);
            await shipper.DrainAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        }

        Assert.InRange(one.Requests, 4, 8);
        Assert.Equal(12, one.Requests + two.Requests);
    }

    [Fact]
    public async Task Certificates_that_are_replaced_are_used_at_once_and_broken_ones_are_not()
    {
        await using var receiver = await LoopbackReceiver.StartAsync(authority.Server("localhost"));
        var journal = new Journal();
        using var http = new LogstashClient(LogstashAddress.Of(receiver.Port, authority, client), journal.Logger, TimeProvider.System);
        Assert.Equal("CN=web01", await SubjectAsync());

        var next = authority.Client("web01-renewed");
        File.Move(next.Certificate, client.Certificate, overwrite: true);
        // Certificate and key do not belong together for a moment.
        Assert.Equal("CN=web01", await SubjectAsync());
        File.Move(next.Key, client.Key, overwrite: true);
        Assert.Equal("CN=web01-renewed", await SubjectAsync());

        foreach (var content in (string[])["", "rubbish", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
        {
            File.WriteAllText(client.Certificate, content);
            Assert.Equal("CN=web01-renewed", await SubjectAsync());
        }
        Assert.Equal(4, journal.Lines.Count(line => line.Contains("the old ones stay in force", StringComparison.Ordinal)));

        async Task<string?> SubjectAsync()
        {
            Assert.Equal(Answer.Accepted, (await http.SendAsync(body, CancellationToken.None)).Answer);
            return receiver.Client;
        }
    }

    LogstashClient NewClient(int port, Resolve resolve) => new(LogstashAddress.Of(port, authority, client, "logstash.test"), Logger.None, TimeProvider.System, resolve);
}
