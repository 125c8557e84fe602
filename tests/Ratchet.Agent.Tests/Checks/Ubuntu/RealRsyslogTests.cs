using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Ratchet.Agent.Checks.Ubuntu;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Ubuntu;

/// <summary>
/// A real rsyslogd with configurations of every kind: whether it encrypts, and whether it tells its logs to whoever answers, is what
/// the agent reads out of its files.
/// </summary>
public sealed class RealRsyslogTests : IDisposable
{
    const string Rsyslogd = "/usr/sbin/rsyslogd", Modules = "/usr/lib/x86_64-linux-gnu/rsyslog", Gtls = Modules + "/lmnsd_gtls.so";
    const string Action = "action(type=\"omfwd\" target=\"127.0.0.1\" port=\"PORT\" protocol=\"tcp\"";
    const string Driver = "StreamDriver=\"gtls\" StreamDriverMode=\"1\"";

    readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [NeedsPartTheory(Rsyslogd, Gtls)]
    [InlineData("*.* @@127.0.0.1:PORT\n")]
    [InlineData("$DefaultNetstreamDriver gtls\n$ActionSendStreamDriverMode 1\n$ActionSendStreamDriverAuthMode x509/name\n$ActionSendStreamDriverPermittedPeer logs.example\n*.* @@127.0.0.1:PORT\n")]
    [InlineData("$DefaultNetstreamDriver gtls\n$ActionSendStreamDriverMode 1\n$ActionSendStreamDriverAuthMode anon\n*.* @@127.0.0.1:PORT\n")]
    // The directives hold for the lines behind, not for the first alone.
    [InlineData("$DefaultNetstreamDriver gtls\n$ActionSendStreamDriverMode 1\n$ActionSendStreamDriverAuthMode x509/certvalid\nlocal7.* @@127.0.0.9:1\n*.* @@127.0.0.1:PORT\n")]
    // And not for actions of the new form.
    [InlineData("$DefaultNetstreamDriver gtls\n$ActionSendStreamDriverMode 1\n$ActionSendStreamDriverAuthMode x509/name\n*.* " + Action + ")\n")]
    [InlineData("*.* " + Action + " " + Driver + ")\n")]
    [InlineData("*.* " + Action + " " + Driver + " StreamDriverAuthMode=\"anon\")\n")]
    [InlineData("*.* " + Action + " " + Driver + " StreamDriverAuthMode=\"x509/certvalid\")\n")]
    [InlineData("*.* " + Action + " " + Driver + " StreamDriverAuthMode=\"x509/name\" StreamDriverPermittedPeers=\"logs.example\")\n")]
    [InlineData("$DefaultNetstreamDriver gtls\n$ActionSendStreamDriverMode 1\n*.* @@127.0.0.1:PORT\n")]
    [InlineData("$ActionSendStreamDriver gtls\n$ActionSendStreamDriverMode 1\n*.* @@127.0.0.1:PORT\n")]
    [InlineData("$DefaultNetstreamDriver gtls\n*.* " + Action + " StreamDriverMode=\"1\")\n")]
    [InlineData("*.* " + Action + " StreamDriver=\"gtls\")\n")]
    [InlineData("global(DefaultNetstreamDriver=\"gtls\")\n*.* " + Action + " StreamDriverMode=\"1\" StreamDriverAuthMode=\"x509/certvalid\")\n")]
    [InlineData("*.* action(type=\"omfwd\" Target=\"127.0.0.1\" Port=\"PORT\" Protocol=\"TCP\" " + Driver + " StreamDriverAuthMode=\"anon\")\n")]
    // The default driver holds for what stands before it.
    [InlineData("*.* " + Action + " StreamDriverMode=\"1\" StreamDriverAuthMode=\"anon\")\nglobal(DefaultNetstreamDriver=\"gtls\")\n")]
    [InlineData("$ActionSendStreamDriverMode 1\n$ActionSendStreamDriverAuthMode anon\n*.* @@127.0.0.1:PORT\n$DefaultNetstreamDriver gtls\n")]
    public async Task What_the_file_means_to_the_agent_is_what_rsyslog_does(string text)
    {
        var (seen, read) = await TryAsync(text, new Authority(folder, "impostor"));
        Assert.Equal((seen.Encrypted, seen is { Encrypted: true, Delivered: false }), (read.Encryption is not null, read is { Encryption: not null, AuthenticatesReceiver: true }));
    }

    [NeedsPartFact(Rsyslogd, Gtls)]
    public async Task Logs_arrive_over_TLS_at_the_receiver_that_is_meant()
    {
        var (seen, read) = await TryAsync("*.* " + Action + " " + Driver + " StreamDriverAuthMode=\"x509/name\" StreamDriverPermittedPeers=\"logs.example\")\n", null);
        Assert.Equal((true, true), (seen.Encrypted, seen.Delivered));
        Assert.Equal((true, true, true), (read.Encryption is not null, read.AuthenticatesReceiver, read.TakesAuth == true));
    }

    [NeedsPartTheory(Rsyslogd, Gtls)]
    [InlineData("", true)]
    [InlineData("auth,authpriv.* /dev/null\n& stop\n", false)]
    [InlineData("auth,authpriv.*\n  stop\n", false)]
    [InlineData("AUTH,\\\n  authpriv.* ~ # local\n", false)]
    [InlineData("auth.* { action(type=\"omfile\" file=\"/dev/null\" config.enabled=\"no\") stop }\n", false)]
    [InlineData("if $syslogfacility-text == \"auth\" then\n stop\n", false)]
    [InlineData(":programname, startswith, \"ssh\" stop\n", false)]
    [InlineData("if $programname == 'haproxy' then /dev/null\n& stop\n", true)]
    [InlineData("/*\n*.* stop\n*/\n# one \\\n*.* stop\n", true)]
    [InlineData("ruleset(name=\"remote\") { stop }\n$RuleSet other\n*.* stop\n$RuleSet RSYSLOG_DefaultRuleset\n", true)]
    public async Task What_is_discarded_before_does_not_arrive(string before, bool arrives)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var rsyslog = await StartAsync($"{before}*.* {Action})\n", listener, folder["none"]);
        Send("<38>sshd[1]: Accepted publickey", "<14>other: the end");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var client = await listener.AcceptTcpClientAsync(patience.Token);
        var (seen, buffer) = ("", new byte[4096]);
        while (!seen.Contains("the end", StringComparison.Ordinal))
            seen += Encoding.ASCII.GetString(buffer, 0, await client.GetStream().ReadAsync(buffer, patience.Token));
        Assert.Equal(arrives, seen.Contains("publickey", StringComparison.Ordinal));
        Assert.True(Read().TakesAuth is not { } read || read == arrives);
    }

    /// <summary>What the receiver sees of one login, and what the agent reads.</summary>
    /// <param name="impostor">Who vouches for the receiver; null: the authority that rsyslog trusts.</param>
    async Task<((bool Encrypted, bool Delivered) Seen, Forwarding Read)> TryAsync(string text, Authority? impostor)
    {
        var site = new Authority(folder, "site");
        var (certificate, key) = (impostor ?? site).Server("logs.example");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var rsyslog = await StartAsync(text, listener, site.File);
        Send("<38>sshd[1]: Accepted publickey");

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var client = await listener.AcceptTcpClientAsync(patience.Token);
        var seen = await ReceiveAsync(client, certificate, key, patience.Token);
        return (seen, Read());
    }

    Forwarding Read() => RsyslogConfig.Read(new Machine(folder.Path, Command.RunAsync)).Forwardings[^1];

    async Task<Daemon> StartAsync(string text, TcpListener listener, string authority)
    {
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var file = folder.Write("etc/rsyslog.conf", $"global(workDirectory=\"{folder.Path}\" DefaultNetstreamDriverCAFile=\"{authority}\")\nmodule(load=\"imuxsock\" SysSock.Use=\"off\")\ninput(type=\"imuxsock\" Socket=\"{folder.Path}/log\")\n{text.Replace("PORT", $"{port}", StringComparison.Ordinal)}");
        var rsyslog = new Daemon(Parts.NewStart(Rsyslogd, "-n", "-i", folder["pid"], "-f", file, "-M", Path.GetDirectoryName(Parts.Find(Gtls))!));
        await Wait.UntilAsync(() => !rsyslog.IsRunning || File.Exists(folder["log"]), "rsyslogd takes messages");
        Assert.True(rsyslog.IsRunning, rsyslog.Said);
        return rsyslog;
    }

    void Send(params string[] messages)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        foreach (var message in messages) socket.SendTo(Encoding.ASCII.GetBytes(message), new UnixDomainSocketEndPoint(folder["log"]));
    }

    static async Task<(bool Encrypted, bool Delivered)> ReceiveAsync(TcpClient client, string certificate, string key, CancellationToken cancel)
    {
        var first = new byte[1];
        await client.Client.ReceiveAsync(first, SocketFlags.Peek, cancel);
        // A record of the handshake (RFC 8446, 5.1).
        if (first[0] != 0x16) return (false, true);
        using var identity = X509Certificate2.CreateFromPemFile(certificate, key);
        await using var tls = new SslStream(client.GetStream());
        try
        {
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = identity }, cancel);
            var buffer = new byte[512];
            var count = await tls.ReadAsync(buffer, cancel);
            return (true, Encoding.ASCII.GetString(buffer, 0, count).Contains("publickey", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
        {
            return (true, false);
        }
    }
}
