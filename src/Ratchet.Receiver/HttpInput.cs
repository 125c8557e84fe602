using System.IO.Compression;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Ratchet.Agent.Cli;

namespace Ratchet.Receiver;

/// <summary>
/// Answers as Logstash's http input does: 200 <c>ok</c> for what was queued, 400 for a body that is not what it says, 413 for
/// one that is too large, 429 when too many requests wait. Clients need a certificate, over TLS 1.2 or later.
/// </summary>
static class HttpInput
{
    const int BodyLimit = 100 << 20;
    const int UnpackedLimit = 400 << 20;
    const int PendingLimit = 200;

    public static WebApplication Build(ReceiverOptions options, Inbox inbox)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyLimit;
            kestrel.Listen(options.Listen, listen => listen.UseHttps(Tls(options)));
        });
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        var pending = 0;
        app.Use(async (context, next) =>
        {
            try
            {
                if (Interlocked.Increment(ref pending) > PendingLimit) context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                else await next(context);
            }
            finally
            {
                Interlocked.Decrement(ref pending);
            }
        });
        app.Run(context => context.Request.Path == "/report" ? WriteReportAsync(context, inbox) : TakeAsync(context, inbox));
        return app;
    }

    static async Task TakeAsync(HttpContext context, Inbox inbox)
    {
        try
        {
            var lines = await ReadAsync(context.Request, context.RequestAborted);
            inbox.Take(lines, TimeProvider.System.GetUtcNow());
            await context.Response.WriteAsync("ok");
        }
        catch (InvalidDataException)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
        }
        catch (BadHttpRequestException e)
        {
            context.Response.StatusCode = e.StatusCode;
        }
    }

    static async Task<string[]> ReadAsync(HttpRequest request, CancellationToken cancel)
    {
        using var body = new MemoryStream();
        var isGzip = request.Headers.ContentEncoding.ToString().Equals("gzip", StringComparison.OrdinalIgnoreCase);
        await using var source = isGzip ? new GZipStream(request.Body, CompressionMode.Decompress) : request.Body;
        var buffer = new byte[64 << 10];
        while (await source.ReadAsync(buffer, cancel) is > 0 and var count)
        {
            if (body.Length + count > UnpackedLimit) throw new BadHttpRequestException("too large", StatusCodes.Status413PayloadTooLarge);
            body.Write(buffer, 0, count);
        }
        return Encoding.ASCII.GetString(body.GetBuffer(), 0, (int)body.Length).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    static Task WriteReportAsync(HttpContext context, Inbox inbox)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(VerifyOutput.Json(inbox.Report()).ToJsonString());
    }

    static HttpsConnectionAdapterOptions Tls(ReceiverOptions options)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(options.ClientAuthority);
        return new HttpsConnectionAdapterOptions
        {
            ServerCertificate = X509Certificate2.CreateFromPemFile(options.Certificate, options.Key),
            SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateMode = ClientCertificateMode.RequireCertificate,
            ClientCertificateValidation = (certificate, _, _) => IsVouchedFor(certificate, authorities),
        };
    }

    static bool IsVouchedFor(X509Certificate2 certificate, X509Certificate2Collection authorities)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2", "client authentication"));
        return chain.Build(certificate);
    }
}
