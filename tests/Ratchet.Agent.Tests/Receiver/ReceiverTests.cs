extern alias receiver;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Records;
using Ratchet.Agent.Shipping;
using Ratchet.Agent.Tests.Fixtures;
using receiver::Ratchet.Receiver;
using Serilog.Core;

// CA5359: these clients try what the server does; whom they talk to does not matter.
#pragma warning disable CA5359

namespace Ratchet.Agent.Tests.Receiver;

/// <summary>The agent's shipping against the reference receiver, over mutual TLS on loopback.</summary>
public sealed class ReceiverTests : IDisposable
{
    static readonly Speaker Host = Ledgers.Named("web01");

    readonly Folder folder = new();
    readonly Authority authority;
    readonly (string, string) client;
    readonly Ledger ledger;

    public ReceiverTests()
    {
        authority = new Authority(folder, "tls");
        client = authority.Client("web01");
        ledger = Ledger.Open(folder["state"], Host, TimeProvider.System);
        ledger.Fill(Host, 5);
        folder.Write("keys.json", Ledgers.JwkSetOf(ledger.PublicKey));
    }

    public void Dispose()
    {
        ledger.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task What_the_agent_ships_arrives_whole_and_verifies()
    {
        var records = ledger.Spool.Records();
        using var inbox = NewInbox();
        await using var server = await StartAsync(inbox);
        await DrainAsync(To(server));

        Assert.Empty(ledger.Spool.List());
        Assert.Equal(records, Received());
        var report = inbox.Report();
        Assert.True(report.IsGood);
        Assert.Equal(6, report.Accepted);
    }

    [Fact]
    public async Task A_server_of_another_authority_is_refused_and_nothing_is_lost()
    {
        using var inbox = NewInbox();
        await using var server = await StartAsync(inbox);
        await RefusedAsync(To(server) with { CertificateAuthority = new Authority(folder, "other").File });
    }

    [Fact]
    public async Task A_server_of_another_name_is_refused_and_nothing_is_lost()
    {
        using var inbox = NewInbox();
        await using var server = await StartAsync(inbox, authority.Server("logstash.example", withAddress: false));
        await RefusedAsync(To(server));
    }

    [Fact]
    public async Task A_client_of_another_authority_is_refused_and_nothing_is_lost()
    {
        using var inbox = NewInbox();
        await using var server = await StartAsync(inbox);
        var stranger = new Authority(folder, "other").Client("web01");
        await RefusedAsync(To(server) with { Certificate = stranger.Certificate, Key = stranger.Key });
    }

    [Fact]
    public async Task A_server_certificate_does_not_let_a_client_in()
    {
        using var inbox = NewInbox();
        await using var server = await StartAsync(inbox);
        var notClient = authority.Server("web01");
        await RefusedAsync(To(server) with { Certificate = notClient.Certificate, Key = notClient.Key });
    }

    [Fact]
    public async Task A_client_without_a_certificate_is_refused()
    {
        using var inbox = NewInbox();
        await using var server = await StartAsync(inbox);
        using var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } };
        using var http = new HttpClient(handler);
        using var body = new StringContent(ledger.Spool.Records()[0]);

        await Assert.ThrowsAsync<HttpRequestException>(() => http.PostAsync(server.Urls.First(), body));
        Assert.Equal(0, inbox.Report().Accepted);
    }

    [Theory]
#pragma warning disable CA5397, CA5398, SYSLIB0039, MA0144 // Old versions of TLS are what is tried here.
    [InlineData(SslProtocols.Tls11, false)]
    [InlineData(SslProtocols.Tls12, true)]
    public async Task Tls_older_than_1_2_is_refused(SslProtocols version, bool isTaken)
#pragma warning restore CA5397, CA5398, SYSLIB0039, MA0144
    {
        using var inbox = NewInbox();
        await using var server = await StartAsync(inbox);
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, new Uri(server.Urls.First()).Port);
        await using var tls = new SslStream(socket.GetStream());
        var handshake = tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = version,
            ClientCertificates = [X509Certificate2.CreateFromPemFile(client.Item1, client.Item2)],
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        });

        if (isTaken) await handshake;
        else await Assert.ThrowsAnyAsync<Exception>(() => handshake);
    }

    [Fact]
    public void Repeats_are_dropped_also_after_a_restart()
    {
        var records = ledger.Spool.Records();
        using (var inbox = NewInbox()) inbox.Take([.. records[..4], .. records[..2]], DateTimeOffset.UnixEpoch);
        using (var inbox = NewInbox())
        {
            inbox.Take(records, DateTimeOffset.UnixEpoch);
            Assert.True(inbox.Report().IsGood);
        }
        Assert.Equal(records, Received());
    }

    [Fact]
    public void Forged_foreign_and_unknown_records_are_quarantined_with_the_reason()
    {
        var records = ledger.Spool.Records();
        var (foreign, foreignKey) = Ledgers.NewChain("pg01", 1);
        var (unknown, _) = Ledgers.NewChain("db01", 1);
        folder.Write("keys.json", Ledgers.JwkSetOf(ledger.PublicKey, foreignKey with { Host = "web01" }));
        var forged = records[0][..^10] + "AAAAAAAAAA"[..9] + "A";
        using (var inbox = NewInbox()) inbox.Take([.. records, forged, .. foreign, .. unknown, "rubbish", "\"}\u0001"], DateTimeOffset.UnixEpoch);

        Assert.Equal(records, Received());
        var refused = File.ReadAllLines(folder["received/quarantine.ndjson"]).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal([forged, .. foreign, .. unknown, "rubbish", "\"}\u0001"], refused.Select(entry => entry.GetProperty("refused").GetString()!));
        Assert.Equal(["Forged", "ForeignHost", "UnknownKey", "Malformed", "Malformed"], refused.Select(entry => entry.GetProperty("reason").GetString()!.Split(':')[0]));
    }

    [Fact]
    public void A_key_set_that_is_replaced_is_picked_up_while_running()
    {
        var (records, key) = Ledgers.NewChain("pg01", 2);
        using var inbox = NewInbox();
        inbox.Take(records, DateTimeOffset.UnixEpoch);
        Assert.Equal(0, inbox.Report().Accepted);

        folder.Write("keys.json", Ledgers.JwkSetOf(ledger.PublicKey, key));
        File.SetLastWriteTimeUtc(folder["keys.json"], DateTime.UnixEpoch.AddYears(60));
        inbox.Take(records, DateTimeOffset.UnixEpoch);

        Assert.Equal(2, inbox.Report().Accepted);
    }

    Inbox NewInbox() => new(folder["keys.json"], folder["received"]);

    async Task<WebApplication> StartAsync(Inbox inbox, (string Certificate, string Key)? identity = null)
    {
        var (certificate, key) = identity ?? authority.Server("localhost");
        var app = HttpInput.Build(new ReceiverOptions(new IPEndPoint(IPAddress.Loopback, 0), certificate, key, authority.File, folder["keys.json"], folder["received"]), inbox);
        await app.StartAsync();
        return app;
    }

    LogstashSettings To(WebApplication server) => LogstashAddress.Of(new Uri(server.Urls.First()).Port, authority, client);

    async Task DrainAsync(LogstashSettings settings)
    {
        using var http = new LogstashClient(settings, Logger.None, TimeProvider.System);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await new Shipper(ledger, http, TimeProvider.System, Logger.None).DrainAsync(limit.Token);
    }

    async Task RefusedAsync(LogstashSettings settings)
    {
        var before = ledger.Spool.Records();
        using var http = new LogstashClient(settings, Logger.None, TimeProvider.System);
        var response = await http.SendAsync(Parcel.Compress(before), CancellationToken.None);

        Assert.Equal(Answer.Later, response.Answer);
        Assert.Equal(before, ledger.Spool.Records());
        Assert.False(File.Exists(folder["received/records.ndjson"]) && Received().Count > 0);
    }

    List<string> Received()
    {
        using var stream = new FileStream(folder["received/records.ndjson"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return [.. RecordLines.Read(stream).Select(record => record!)];
    }
}
