using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Tls;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Tls;

/// <summary>Servers that greet, lie, send without end or say nothing. Each connection gets the same treatment.</summary>
public sealed class StubbornServerTests
{
    static readonly byte[] OldHello = [22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1, .. new byte[36]];

    internal static async Task<WireFacts> AskAsync(Func<NetworkStream, Task> serve, Opening opening = Opening.Tls, TimeSpan? patience = null)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var over = new CancellationTokenSource();
        var serving = Task.Run(async () =>
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync(over.Token);
                _ = Task.Run(async () =>
                {
                    await using var stream = new NetworkStream(client, ownsSocket: true);
                    try
                    {
                        await serve(stream);
                    }
                    catch (Exception e) when (e is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
                    {
                        // The other side had enough.
                    }
                });
            }
        });
        try
        {
            return await TlsServer.AskAsync(((IPEndPoint)listener.LocalEndpoint).Port, opening, patience).WaitAsync(TimeSpan.FromMinutes(1));
        }
        finally
        {
            await over.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving);
        }
    }

    static Func<NetworkStream, Task> Saying(params byte[] bytes) => async stream =>
    {
        await stream.WriteAsync(bytes);
        stream.Socket.Shutdown(SocketShutdown.Send);
        _ = await stream.ReadAtLeastAsync(new byte[4096], 1, throwOnEndOfStream: false);
        await Task.Delay(200);
    };

    static Func<NetworkStream, Task> Saying(string text) => Saying(Encoding.Latin1.GetBytes(text));

    [Fact]
    public async Task An_SSH_server_on_an_odd_port_is_known_by_its_greeting()
    {
        var facts = await AskAsync(Saying("SSH-2.0-dropbear_2022.83\r\n"), Opening.Listen);
        Assert.Equal(Outcome.NotApplicable, Assert.Single(TlsServer.Judge(facts)).Value.Outcome);
        Assert.Equal(Outcome.Fail, TlsServer.Judge(facts, Wire.Tls)[TlsRules.Spoken].Outcome);
    }

    [Theory]
    [InlineData("220 (vsFTPd 3.0.5)\r\n")]
    [InlineData("* OK IMAP4rev1 ready\r\n")]
    [InlineData("\u0005\0\0\0\u000a8.0.36\0")]
    public async Task A_protocol_that_greets_and_is_not_known_is_unknown_even_where_it_is_marked(string greeting)
    {
        var facts = await AskAsync(Saying(greeting), Opening.Listen);
        foreach (var wire in new Wire?[] { null, Wire.Tls }) Assert.All(TlsServer.Judge(facts, wire).Values, finding => Assert.Equal(Outcome.Unknown, finding.Outcome));
    }

    [Fact]
    public async Task An_answer_that_is_not_TLS_fails_where_TLS_is_promised_and_is_unknown_elsewhere()
    {
        var facts = await AskAsync(Saying("ERR unknown command\r\n"));
        Assert.Equal(Outcome.Fail, TlsServer.Judge(facts, Wire.Tls)[TlsRules.Spoken].Outcome);
        Assert.Equal(Outcome.Unknown, TlsServer.Judge(facts)[TlsRules.Spoken].Outcome);
    }

    [Fact]
    public async Task A_door_that_closes_is_unknown() =>
        Assert.All(TlsServer.Judge(await AskAsync(Saying("")), Wire.Tls).Values, finding => Assert.Equal(Outcome.Unknown, finding.Outcome));

    [Fact]
    public async Task A_hello_without_an_end_is_no_agreement()
    {
        var verdicts = TlsServer.Judge(await AskAsync(Saying(OldHello)), Wire.Tls);
        Assert.Equal(Outcome.Unknown, verdicts[TlsRules.OldRefused].Outcome);
    }

    /// <summary>What a server does with a hello of an old version, while it speaks TLS with everybody else.</summary>
    [Theory]
    [InlineData("close", Outcome.Pass)]
    [InlineData("reset", Outcome.Pass)]
    [InlineData("alert", Outcome.Pass)]
    [InlineData("hello, then alert", Outcome.Pass)]
    [InlineData("hello, then nothing", Outcome.Unknown)]
    [InlineData("silence", Outcome.Unknown)]
    public async Task An_old_hello_that_is_turned_away_where_a_new_one_works_is_refused(string manner, object outcome)
    {
        using var folder = new Folder();
        var (certificate, key) = new Authority(folder, "site").Server("portal.example");
        using var identity = X509Certificate2.CreateFromPemFile(certificate, key);
        var facts = await AskAsync(async stream =>
        {
            var hello = new byte[11];
            for (var count = 0; count < hello.Length; await Task.Delay(1)) count = stream.Socket.Receive(hello, SocketFlags.Peek);
            if (hello[10] < 3)
            {
                if (manner.StartsWith("hello", StringComparison.Ordinal)) await stream.WriteAsync(OldHello);
                if (manner.EndsWith("alert", StringComparison.Ordinal)) await stream.WriteAsync(new byte[] { 21, 3, 1, 0, 2, 2, 40 });
                if (manner == "silence") await Task.Delay(TimeSpan.FromMinutes(1));
                if (manner == "reset") stream.Socket.Close(0);
                else _ = await stream.ReadAsync(new byte[4096]);
                return;
            }
            await using var tls = new SslStream(stream);
            await tls.AuthenticateAsServerAsync(identity);
            _ = await tls.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false);
        });
        var verdicts = TlsServer.Judge(facts);
        Assert.Equal(Outcome.Pass, verdicts[TlsRules.Spoken].Outcome);
        Assert.Equal((Outcome)outcome, verdicts[TlsRules.OldRefused].Outcome);
    }

    [Fact]
    public async Task Garbage_without_end_ends_in_a_verdict()
    {
        var facts = await AskAsync(async stream =>
        {
            var garbage = new byte[16 << 10];
            new Random(3).NextBytes(garbage);
            while (true) await stream.WriteAsync(garbage);
        });
        Assert.NotEqual(Outcome.Pass, TlsServer.Judge(facts, Wire.Tls)[TlsRules.Spoken].Outcome);
    }

    [Fact]
    public async Task Handshake_records_without_end_end_in_unknown()
    {
        byte[] record = [22, 3, 3, 0x40, 0, 11, 0xFF, 0xFF, 0xFF, .. new byte[0x4000 - 4]];
        var facts = await AskAsync(async stream =>
        {
            await stream.WriteAsync(OldHello);
            while (true) await stream.WriteAsync(record);
        });
        Assert.All(TlsServer.Judge(facts).Values, finding => Assert.NotEqual(Outcome.Pass, finding.Outcome));
    }

    [Fact]
    public async Task A_silent_port_ends_in_unknown()
    {
        var facts = await AskAsync(async stream => await stream.ReadAsync(new byte[1]).AsTask().ContinueWith(_ => Task.Delay(TimeSpan.FromMinutes(1)), TaskScheduler.Default).Unwrap());
        Assert.Equal(Speech.Unclear, facts.Speech);
        Assert.All(TlsServer.Judge(facts, Wire.Tls).Values, finding => Assert.Equal(Outcome.Unknown, finding.Outcome));
    }

    [Theory]
    [InlineData(true, Outcome.Pass)]
    [InlineData(false, Outcome.Fail)]
    public async Task A_mail_server_is_asked_by_STARTTLS(bool offers, object outcome)
    {
        using var folder = new Folder();
        var authority = new Authority(folder, "site");
        var (certificate, key) = authority.Server("mail.example");
        using var identity = X509Certificate2.CreateFromPemFile(certificate, key);
        var facts = await AskAsync(stream => ServeMailAsync(stream, offers, identity), Opening.Listen);
        var verdicts = TlsServer.Judge(facts, settings: new TlsSettings { CertificateAuthority = authority.File, Renewal = TimeSpan.FromHours(1) });
        Assert.Equal((Outcome)outcome, verdicts[TlsRules.Spoken].Outcome);
        Assert.Equal(offers ? Outcome.Pass : Outcome.NotApplicable, verdicts[TlsRules.OldRefused].Outcome);
        Assert.Equal(offers ? Outcome.Pass : Outcome.NotApplicable, verdicts[TlsRules.CertificateValid].Outcome);
    }

    static async Task ServeMailAsync(NetworkStream stream, bool offers, X509Certificate2 identity)
    {
        await Task.Delay(300);
        await stream.WriteAsync("220-mail.example takes its time\r\n220 mail.example ESMTP\r\n"u8.ToArray());
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        if ((await reader.ReadLineAsync())?.StartsWith("EHLO ", StringComparison.Ordinal) != true) return;
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"250-mail.example\r\n{(offers ? "250-STARTTLS\r\n" : "")}250 SIZE 1000\r\n"));
        if (await reader.ReadLineAsync() != "STARTTLS") return;
        await stream.WriteAsync("220 go ahead\r\n"u8.ToArray());
        await using var tls = new SslStream(stream);
        await tls.AuthenticateAsServerAsync(identity);
        _ = await tls.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false);
    }

    [Fact]
    public async Task A_mail_server_whose_words_have_no_end_is_unknown()
    {
        var facts = await AskAsync(async stream =>
        {
            await stream.WriteAsync("220 mail.example ESMTP\r\n"u8.ToArray());
            while (true) await stream.WriteAsync("250-more\r\n"u8.ToArray());
        }, Opening.Listen);
        Assert.Equal(Outcome.Unknown, TlsServer.Judge(facts)[TlsRules.Spoken].Outcome);
    }
}
