using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Ratchet.Agent.Configuration;
using Serilog;

namespace Ratchet.Agent.Shipping;

/// <summary>
/// Posts records: <c>application/vnd.ratchet.records</c> (a type that Logstash does not decode, so that the exact bytes reach
/// the verifier), gzip, one compact JWS per line. The certificates are read again when their files change; where the new ones
/// cannot be used, the old stay in force. Each failure moves on to the next address.
/// </summary>
sealed class LogstashClient : IDisposable
{
    public const string ContentType = "application/vnd.ratchet.records";

    readonly LogstashSettings settings;
    readonly ILogger journal;
    readonly TimeProvider clock;
    readonly Dialer dialer;
    readonly Uri[] urls;
    HttpClient http;
    int stamp, current;

    /// <exception cref="SettingsException">A certificate or key cannot be read.</exception>
    public LogstashClient(LogstashSettings settings, ILogger journal, TimeProvider clock, Resolve? resolve = null)
    {
        (this.settings, this.journal, this.clock) = (settings, journal, clock);
        dialer = new Dialer(resolve ?? Dns.GetHostAddressesAsync);
        urls = [.. settings.Urls.Select(url => new Uri(url))];
        // A fleet begins at all addresses alike.
        current = RandomNumberGenerator.GetInt32(urls.Length);
        stamp = Identity.Stamp(settings);
        http = NewClient();
    }

    public int Addresses => urls.Length;

    /// <summary>Goes to the next address, so that each gets its share also while none fails.</summary>
    public void TakeTurns() => current = (current + 1) % urls.Length;

    /// <summary>Sends one request; what the network or the receiver does is in the response.</summary>
    /// <param name="body">Records, a line each, gzip.</param>
    /// <param name="cancel">Ends the attempt; it throws then.</param>
    public async Task<Response> SendAsync(ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        FollowFiles();
        var url = urls[current];
        var isTaken = false;
        try
        {
            using var request = NewRequest(url, body);
            using var message = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            var response = Response.Of(message, url.Authority, clock.GetUtcNow());
            isTaken = response.Answer is Answer.Accepted or Answer.Refused;
            return response;
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return new Response(Answer.Later, $"{url.Authority}: {Reason(e)}");
        }
        finally
        {
            if (!isTaken) TakeTurns();
        }
    }

    public void Dispose() => http.Dispose();

    static HttpRequestMessage NewRequest(Uri url, ReadOnlyMemory<byte> body)
    {
        var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(ContentType);
        content.Headers.ContentEncoding.Add("gzip");
        return new HttpRequestMessage(HttpMethod.Post, url) { Content = content };
    }

    void FollowFiles()
    {
        var seen = Identity.Stamp(settings);
        if (seen == stamp) return;
        stamp = seen;
        try
        {
            var next = NewClient();
            http.Dispose();
            http = next;
            journal.Information("the certificates of shipping were read again");
        }
        catch (SettingsException e)
        {
            journal.Error("the certificates of shipping have changed and cannot be used, the old ones stay in force: {Reason:l}", e.Message);
        }
    }

    // The limits of time are those of Patience.
    HttpClient NewClient() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ConnectCallback = (context, cancel) => dialer.ConnectAsync(context.DnsEndPoint, cancel),
        ConnectTimeout = TimeSpan.FromSeconds(10),
        // A name that moves to another address is followed within minutes.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        // The answer's status says all; a body that is long or never ends is not waited for.
        MaxResponseDrainSize = 64 << 10,
        ResponseDrainTimeout = TimeSpan.FromSeconds(1),
        SslOptions = Identity.Read(settings),
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>The innermost exception tells what TLS did not like.</summary>
    static string Reason(Exception e) => e is OperationCanceledException ? "no connection in time" : (e.InnerException?.InnerException ?? e.InnerException ?? e).Message;
}
