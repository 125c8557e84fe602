using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using Ratchet.Agent.Shipping;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Fuzzing;

/// <summary>A receiver that answers anything: the client never throws, and takes records for acknowledged only by a status of 2xx.</summary>
static partial class HttpAnswers
{
    public static Bench Open()
    {
        var folder = new Folder();
        var authority = new Authority(folder, "tls");
        var (certificate, key) = authority.Server("localhost");
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var server = SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(certificate, key), additionalCertificates: null, offline: true);
        var client = new LogstashClient(LogstashAddress.Of(((IPEndPoint)listener.LocalEndpoint).Port, authority, authority.Client("web01")), Serilog.Core.Logger.None, TimeProvider.System);
        return new Bench([.. Seeds.Texts("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 429 Busy\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", "HTTP/1.1 503 No\r\n\r\n")], input =>
        {
            var served = Task.Run(() => ServeAsync(listener, server, input));
            var response = client.SendAsync("a.b.c"u8.ToArray(), CancellationToken.None).GetAwaiter().GetResult();
            served.GetAwaiter().GetResult();
            // The client takes a line feed alone for the end of a line, and any 1.x for the version that it knows (RFC 9112, section 2.2, RFC 9110, section 2.5).
            if (response.Answer == Answer.Accepted)
                Assert.Contains(Encoding.Latin1.GetString(input).Replace("\r\n", "\n", StringComparison.Ordinal).Split("\n\n"), part => Success.IsMatch(part));
        }, client, listener, folder);
    }

    static async Task ServeAsync(TcpListener listener, SslStreamCertificateContext server, byte[] answer)
    {
        using var connection = await listener.AcceptTcpClientAsync();
        await using var tls = new SslStream(connection.GetStream());
        try
        {
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = server });
            var request = new byte[64 << 10];
            _ = await tls.ReadAsync(request);
            await tls.WriteAsync(answer);
        }
        catch (IOException)
        {
            // The client has had enough.
        }
    }

    [GeneratedRegex("^HTTP/1\\.[0-9] 2[0-9][0-9]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    static partial Regex Success { get; }
}
