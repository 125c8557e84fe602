using System.IO.Compression;
using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>
/// A server on loopback that answers what the test says and keeps the lines that it acknowledged, unjudged. For the refusals and
/// outages that the reference receiver never makes.
/// </summary>
sealed class LoopbackReceiver : IAsyncDisposable
{
    /// <summary>The status of an answer that got lost: the lines were taken all the same.</summary>
    public const int AnswerLost = 502;

    readonly WebApplication app;
    readonly List<string> lines = [];
    int requests;

    LoopbackReceiver(WebApplication app) => this.app = app;

    public int Port => new Uri(app.Urls.First()).Port;

    /// <summary>The status of the answer to the request of this number, from 1.</summary>
    public Func<int, int> Answer { get; set; } = _ => 200;

    /// <summary>The status of the answer to these lines; where it is set, it takes the place of <see cref="Answer"/>.</summary>
    public Func<IReadOnlyList<string>, int>? AnswerTo { get; set; }

    /// <summary>Does something else than answer, given the number of the request; true: that is all.</summary>
    public Func<HttpContext, int, Task<bool>>? Misbehave { get; set; }

    public string? RetryAfter { get; set; }

    /// <summary>Subject of the client's certificate in the last request.</summary>
    public string? Client { get; private set; }

    public int Requests => Volatile.Read(ref requests);

    /// <summary>The media type and encoding of the last request.</summary>
    public (string? Type, string? Encoding) Form { get; private set; }

    public string[] Lines
    {
        get { lock (lines) return [.. lines]; }
    }

    public static async Task<LoopbackReceiver> StartAsync((string Certificate, string Key) server, int port = 0, IPAddress? address = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(address ?? IPAddress.Loopback, port, listen => listen.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificate = X509Certificate2.CreateFromPemFile(server.Certificate, server.Key),
            SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateMode = ClientCertificateMode.AllowCertificate,
            ClientCertificateValidation = (_, _, _) => true,
        })));
        var receiver = new LoopbackReceiver(builder.Build());
        receiver.app.Run(receiver.TakeAsync);
        await receiver.app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    async Task TakeAsync(HttpContext context)
    {
        Form = (context.Request.ContentType, context.Request.Headers.ContentEncoding);
        await using var body = new GZipStream(context.Request.Body, CompressionMode.Decompress);
        using var reader = new StreamReader(body);
        var text = await reader.ReadToEndAsync(context.RequestAborted);
        var received = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Client = context.Connection.ClientCertificate?.Subject;
        var number = Interlocked.Increment(ref requests);
        if (Misbehave is not null && await Misbehave(context, number)) return;
        context.Response.StatusCode = AnswerTo?.Invoke(received) ?? Answer(number);
        if (RetryAfter is not null) context.Response.Headers.RetryAfter = RetryAfter;
        if (context.Response.StatusCode is 200 or AnswerLost)
            lock (lines) lines.AddRange(received);
    }
}

/// <summary>What the agent needs to reach a receiver of the test.</summary>
static class LogstashAddress
{
    public static LogstashSettings Of(int port, Authority trusted, (string Certificate, string Key) client, string name = "localhost") =>
        new([$"https://{name}:{port}/"], trusted.File, client.Certificate, client.Key);
}
