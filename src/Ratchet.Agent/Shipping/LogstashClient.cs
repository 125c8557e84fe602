using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Shipping;

/// <summary>What the receiver made of a request.</summary>
enum Answer
{
    /// <summary>2xx: it has them.</summary>
    Accepted,

    /// <summary>408, 429, 5xx, no answer: the same request may succeed later.</summary>
    Later,

    /// <summary>401, 403: it does not let this host in.</summary>
    Unauthorised,

    /// <summary>Any other answer: it will not take these records.</summary>
    Refused,
}

/// <param name="RetryAfter">How long the receiver asks to be left alone.</param>
/// <param name="Detail">For the journal and for <c>status</c>.</param>
sealed record Response(Answer Answer, string Detail, TimeSpan? RetryAfter = null);

/// <summary>
/// Posts records: <c>application/vnd.ratchet.records</c> (a type that Logstash does not decode, so that the exact bytes reach
/// the verifier), gzip, one compact JWS per line, over TLS 1.2 or later with a client certificate.
/// </summary>
sealed class LogstashClient : IDisposable
{
    public const string ContentType = "application/vnd.ratchet.records";

    static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(30);

    readonly HttpClient http;
    readonly Uri[] urls;
    int current;

    /// <exception cref="SettingsException">A certificate or key cannot be read.</exception>
    public LogstashClient(LogstashSettings settings)
    {
        urls = [.. settings.Urls.Select(url => new Uri(url))];
        var trusted = Read(settings.CertificateAuthority, "$.logstash.certificateAuthority", path =>
        {
            var collection = new X509Certificate2Collection();
            collection.ImportFromPemFile(path);
            return collection.Count > 0 ? collection : throw new CryptographicException("holds no certificate");
        });
        var client = Read(settings.Certificate, "$.logstash.certificate", path => X509Certificate2.CreateFromPemFile(path, settings.Key));
        http = new HttpClient(Handler(trusted, client)) { Timeout = AttemptLimit };
    }

    /// <summary>Sends one request; it never throws for what the network or the receiver does.</summary>
    public async Task<Response> SendAsync(IReadOnlyList<string> records, CancellationToken cancel)
    {
        var url = urls[current % urls.Length];
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = Compress(records) };
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            return Judge(response, url);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            // The next attempt goes to the next address.
            current++;
            return new Response(Answer.Later, $"{url.Authority}: {Reason(e)}");
        }
    }

    public void Dispose() => http.Dispose();

    static Response Judge(HttpResponseMessage message, Uri url)
    {
        var status = (int)message.StatusCode;
        var detail = $"{url.Authority}: HTTP {status}";
        var retryAfter = message.Headers.RetryAfter?.Delta;
        return message.StatusCode switch
        {
            _ when message.IsSuccessStatusCode => new Response(Answer.Accepted, detail),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new Response(Answer.Unauthorised, detail),
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests => new Response(Answer.Later, detail, retryAfter),
            _ when status >= 500 => new Response(Answer.Later, detail, retryAfter),
            _ => new Response(Answer.Refused, detail),
        };
    }

    static ByteArrayContent Compress(IReadOnlyList<string> records)
    {
        using var body = new MemoryStream();
        using (var gzip = new GZipStream(body, CompressionLevel.Fastest, leaveOpen: true))
            foreach (var record in records)
            {
                gzip.Write(Encoding.ASCII.GetBytes(record));
                gzip.WriteByte((byte)'\n');
            }
        var content = new ByteArrayContent(body.GetBuffer(), 0, (int)body.Length);
        content.Headers.ContentType = new MediaTypeHeaderValue(ContentType);
        content.Headers.ContentEncoding.Add("gzip");
        return content;
    }

    static SocketsHttpHandler Handler(X509Certificate2Collection trusted, X509Certificate2 client) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        // A name that moves to another address is followed within minutes.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(10),
        SslOptions = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateContext = SslStreamCertificateContext.Create(client, additionalCertificates: null, offline: true),
            // The private authority publishes no revocation lists; certificates are short-lived instead.
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = Policy(trusted),
        },
    };

    /// <summary>Trusts the configured authorities alone, not those of the system; the name is checked by SslStream.</summary>
    static X509ChainPolicy Policy(X509Certificate2Collection trusted)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(trusted);
        return policy;
    }

    static T Read<T>(string path, string place, Func<string, T> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new SettingsException(path, place, e.Message);
        }
    }

    static string Reason(Exception e) => e is OperationCanceledException ? $"no answer within {AttemptLimit.TotalSeconds} s" : (e.InnerException ?? e).Message;
}
